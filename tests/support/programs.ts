/** The two programs, from source and compiled. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isAvailable, isGranted, type Needs, where } from "./needs.ts";
import { Running } from "./process.ts";
import { findStaleness } from "../../scripts/compile/sources.ts";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** One way in which the two programs can be run: from source, or compiled. */
export interface Programs {
  /** `source` or `compiled`, for the names of tests. */
  readonly kind: string;
  /** The needs of a test that runs them. */
  readonly needs: Needs;
  /** The command and its leading arguments. */
  readonly timesrv: readonly [string, ...string[]];
  /** The command and its leading arguments. */
  readonly timecli: readonly [string, ...string[]];
}

function fromSource(program: string, script: string): [string, ...string[]] {
  const flags = ["run", "--quiet", `-P=${program}`, "--no-prompt", "--config", `${root}deno.json`];
  // All programs of this machine share one cache; Deno reports to a terminal that it cannot be opened.
  flags.push("--no-code-cache");
  return [Deno.execPath(), ...flags, `${root}${script}`];
}

// Without these permissions the tests are ignored anyway.
const mayLook = await isGranted({ name: "env" }) && await isGranted({ name: "read" });

/** Where the compiled programs are. */
export const dist = mayLook ? resolve(Deno.env.get("TIMESRV_DIST") ?? `${root}dist`) : "dist";

/** The programs from source. */
export const source: Programs = {
  kind: "source",
  needs: { permissions: [{ name: "run" }, { name: "read" }, { name: "env" }] },
  timesrv: mayLook ? fromSource("timesrv", "server.ts") : ["deno"],
  timecli: mayLook ? fromSource("timecli", "client.ts") : ["deno"],
};

/** The needs of a test of the executables: that they were made from the sources as they are. */
export const executables: Needs = {
  permissions: [{ name: "run" }],
  files: [`${dist}/timesrv`, `${dist}/timecli`],
  missing: mayLook ? await findStaleness(dist) : undefined,
};

const compiled: Programs = {
  kind: "compiled",
  needs: executables,
  timesrv: [`${dist}/timesrv`],
  timecli: [`${dist}/timecli`],
};

/**
 * The programs from source and compiled, for the tests that go over both; one test of the calling file
 * stands for those that cannot be run.
 */
export async function bothPrograms(): Promise<Programs[]> {
  const available: Programs[] = [];
  for (const programs of [source, compiled]) {
    const tests = `the tests of the programs (${programs.kind})`;
    if (await isAvailable(programs.needs, tests)) available.push(programs);
    // Where no program may be run, one test stands for both.
    else if (!await isGranted({ name: "run" })) break;
  }
  return available;
}

/** Makes tests of a program, whose names begin with their subject and the kind of program. */
export function testsOf(
  subject: string,
  { kind, needs }: Pick<Programs, "kind" | "needs">,
): (name: string, fn: () => Promise<void>, more?: Needs) => Promise<Deno.TestDefinition> {
  return (name, fn, more = needs) => where(more, `${subject} (${kind}): ${name}`, fn);
}

/** Starts a server program, by default on a free port of 127.0.0.1, and reads its port from the log. */
export async function startServer(
  command: readonly [string, ...string[]],
  args: readonly string[] = ["asctime://127.0.0.1:0"],
  options: Omit<Deno.CommandOptions, "args" | "stderr"> = {},
): Promise<{ server: Running; port: number }> {
  const server = new Running([...command, ...args], options);
  const [, port] = await server.waitFor(/(?:udp \S+:|"port":)(\d+)/);
  return { server, port: Number(port) };
}

/** The figures of the line of totals in a text log. */
export function totalsOf(
  log: string,
): Record<"received" | "answered" | "refused" | "errors", number> {
  const [, ...figures] =
    /([\d,]+) received, ([\d,]+) answered(?: \(.*?\))?(?:, [\d,]+ KoD)?, ([\d,]+) refused.*, ([\d,]+) errors?\n$/
      .exec(log) ?? [];
  const [received = NaN, answered = NaN, refused = NaN, errors = NaN] = figures.map((figure) =>
    Number(figure.replaceAll(",", ""))
  );
  return { received, answered, refused, errors };
}
