/** Memory of code in a process of its own: that of a test's process is that of other tests too. */
import { run } from "./process.ts";
import { root } from "./programs.ts";

/**
 * Runs a module in a new process; it imports from `./src/`, and may leave a number in `globalThis.before`,
 * the octets from which its growth counts (by default those at its start).
 *
 * @returns The octets of memory by which it has grown at its end
 */
export async function measureGrowth(module: string): Promise<number> {
  const script = `
    globalThis.before = Deno.memoryUsage().rss;
    ${module}
    console.log(Deno.memoryUsage().rss - globalThis.before);`;
  const command = [Deno.execPath(), "eval", "--no-check", script] as const;
  const { code, stdout, stderr } = await run(command, { cwd: root });
  if (code !== 0) throw new Error(stderr);
  return Number(stdout);
}
