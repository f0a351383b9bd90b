/** The manifest for Kubernetes in docs/scale.md. */
import { parse } from "@std/yaml";
import { root } from "./programs.ts";

/** The parts that tests read. */
export interface DaemonSet {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly hostNetwork: boolean; readonly containers: readonly [Container] };
    };
  };
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext: {
    readonly runAsUser: number;
    readonly readOnlyRootFilesystem: boolean;
    readonly allowPrivilegeEscalation: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add: readonly string[] };
  };
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly host: string; readonly path: string; readonly port: number };
}

export async function daemonSet(): Promise<DaemonSet> {
  const text = await Deno.readTextFile(`${root}docs/scale.md`);
  const [, yaml = ""] = /^```yaml\n(apiVersion: apps\/v1\n[^]*?)^```$/m.exec(text) ?? [];
  return parse(yaml) as DaemonSet;
}
