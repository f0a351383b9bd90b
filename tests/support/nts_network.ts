/** Networks of their own in which NTS is spoken. */
import { issue, makeAuthority } from "./certificates.ts";
import type { Needs } from "./needs.ts";
import { Network, networkCommands } from "./peers.ts";
import { source } from "./programs.ts";

/** The needs of a test with such a network, and with files of other projects. */
export function needs(...files: readonly string[]): Needs {
  return { ...source.needs, files, commands: [...networkCommands, "openssl"], root: true };
}

/** A network with certificates for its servers. */
export async function createNetwork(): Promise<Network> {
  const network = await Network.create();
  await makeAuthority(network.folder);
  await makeAuthority(network.folder, "other");
  await issue(network.folder, "server");
  return network;
}

/** Permits a program of ours to read the files of a network. */
export function reading(
  [deno, verb = "", ...rest]: readonly string[],
  { folder }: Network,
): string[] {
  return [deno ?? "", verb, `--allow-read=.,${folder}`, ...rest];
}
