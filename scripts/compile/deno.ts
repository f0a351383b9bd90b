import { resolve } from "node:path";

/** The folder of deno.json and the entry points. */
export const ROOT = resolve(import.meta.dirname ?? ".", "../..");

/** What a run of Deno printed, and its exit code. */
export interface DenoOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs this Deno in the project's folder, to its end. */
export async function deno(...args: string[]): Promise<DenoOutput> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
