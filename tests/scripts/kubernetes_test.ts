/** The manifest of docs/scale.md: Kubernetes' own types know all that it says. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { daemonSet } from "../support/manifest.ts";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

const needs = { permissions: [{ name: "run" }, { name: "write" }, { name: "read" }] } as const;

/** Checks a value against the types of Kubernetes; returns what they object to. */
async function check(value: unknown): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "manifest.ts");
    await Deno.writeTextFile(
      file,
      `import type { DaemonSet } from "kubernetes-types/apps/v1";
export const manifest: DaemonSet = ${JSON.stringify(value)};
`,
    );
    const args = ["check", "--quiet", "--config", join(root, "deno.json"), file];
    const { stderr } = await run([Deno.execPath(), ...args], { env: { NO_COLOR: "1" } });
    return stderr;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(
  await where(needs, "docs/scale.md: the DaemonSet has the types of Kubernetes", async () => {
    const manifest = await daemonSet();
    assertEquals(await check(manifest), "");
    // They notice a field that does not exist.
    const { spec: { template: { spec } } } = manifest;
    assertMatch(
      await check({ ...manifest, spec: { template: { spec: { ...spec, hostNetwrk: true } } } }),
      /"hostNetwrk"/,
    );
    const { version } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
    assertEquals(spec.containers.map(({ image }) => image), [`timesrv:${version}`]);
    const { selector, template } = manifest.spec;
    assertEquals(selector.matchLabels, template.metadata.labels);
  }),
);
