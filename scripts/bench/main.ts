/**
 * `deno task bench`: replies a second and CPU time a reply of our server, beside a plain Python server for text and
 * chronyd for NTP, and how wrong a right clock seems by their answers.
 *
 * @module
 */

import { compare, ratiosOf, type Surroundings } from "./compare.ts";
import { unsupportedSystem } from "../../src/transports/mmsg/libc.ts";
import { measureOffsets } from "./offset.ts";
import { count, createBenchCommand, exitCodeOf, seconds, writeLine } from "./options.ts";
import { type Machine, report } from "./report.ts";
import {
  chronyd,
  type CommandLine,
  compileLimit,
  limit,
  outputOf,
  pythonAsctime,
  type RunningServer,
  start,
  timesrv,
} from "./servers.ts";

/** Debian keeps it where users who are not root do not look. */
const CHRONYD_PLACES = ["chronyd", "/usr/sbin/chronyd", "/usr/local/sbin/chronyd"];

/** The exit code of a program that was ended by SIGINT, as shells count. */
const INTERRUPTED = 130;

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const command = createBenchCommand(
    "bench",
    "Measures replies a second and CPU time a reply of timesrv over loopback, beside a plain Python " +
      "asctime server and chronyd, and the offset of their NTP, which should be zero.",
  )
    .option("--rounds <n>", "how often each server is measured", count(1000), 5)
    .option("--seconds <s>", "how long each time", seconds, 1)
    .option("--window <n>", "requests on their way at once", count(16_384), 64)
    .option("--flows <n>", "sockets they are sent from", count(1024), 8)
    .option("--exchanges <n>", "how often each client program asks for the offset", count(1000), 40)
    .option("--json", "print one JSON object instead of the tables", false)
    .allowExcessArguments(false)
    .parse(args, { from: "user" });
  const { json, ...options } = command.opts();

  const system = unsupportedSystem();
  if (system !== undefined) {
    throw new Error(`the load generator needs linux on x86_64 or aarch64, and this is ${system}`);
  }
  const chronydPlace = await firstThatRuns(CHRONYD_PLACES);
  const machine = await describeMachine(chronydPlace);
  const text = [timesrv("asctime", "text", "mmsg"), timesrv("asctime", "text", "datagram")];
  if (machine.python === undefined) await writeLine(Deno.stderr, "bench: there is no python3");
  else text.push(pythonAsctime);
  const ntp = [timesrv("ntp", "ntp", "mmsg"), timesrv("ntp", "ntp", "datagram")];
  if (chronydPlace === undefined) await writeLine(Deno.stderr, "bench: there is no chronyd");
  else ntp.push(chronyd(chronydPlace));

  await using stack = new AsyncDisposableStack();
  const directory = await Deno.makeTempDir({ prefix: "timesrv_bench_" });
  stack.defer(() => Deno.remove(directory, { recursive: true }));
  try {
    ntp.push(limit(await compileLimit(directory)));
  } catch (error) {
    await writeLine(Deno.stderr, `bench: no limit to compare with: ${(error as Error).message}`);
  }
  stack.defer(() => showProgress(""));
  const running: RunningServer[] = [];
  const core = machine.pinned ? 0 : undefined;
  for (const contender of [...text, ...ntp, timesrv("auto", "ntp", "mmsg")]) {
    running.push(stack.use(await start(contender, { core, signal })));
  }
  const surroundings: Surroundings = {
    core: machine.pinned ? 1 : undefined,
    signal,
    showProgress,
  };
  const servers = await compare(running, options, surroundings);
  const asked = running.filter(({ contender }) => ntp.includes(contender));
  const { exchanges } = options;
  const offsets = await measureOffsets(asked, { exchanges, chronyd: chronydPlace }, surroundings);
  showProgress("");
  const measurements = { machine, options, servers, offsets };
  await writeLine(
    Deno.stdout,
    json
      ? JSON.stringify({ ...measurements, ratios: ratiosOf(servers) }, null, 2)
      : report(measurements),
  );
  return 0;
}

async function describeMachine(chronydPlace: string | undefined): Promise<Machine> {
  const cpuInfo = await Deno.readTextFile("/proc/cpuinfo");
  const cores = navigator.hardwareConcurrency;
  const chronydVersion = chronydPlace && await outputIfAny(chronydPlace, "--version");
  return {
    date: new Date().toISOString(),
    cpu: /^model name\s*:\s*(.+)$/m.exec(cpuInfo)?.[1] ?? Deno.build.arch,
    cores,
    kernel: `Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    python: (await outputIfAny("python3", "--version"))?.replace("Python ", ""),
    chronyd: chronydVersion?.replace(/^.*version (\S+).*$/s, "$1"),
    pinned: cores > 1 && await outputIfAny("taskset", "-c", "0,1", "true") !== undefined,
  };
}

async function firstThatRuns(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    if (await outputIfAny(program, "--version") !== undefined) return program;
  }
  return undefined;
}

/** What a program prints, or `undefined` when it is missing or fails. */
async function outputIfAny(...command: CommandLine): Promise<string | undefined> {
  try {
    return await outputOf("run it", command);
  } catch {
    return undefined;
  }
}

function showProgress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

if (import.meta.main) {
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => interruption.abort());
  }
  const code = await exitCodeOf(async () => {
    try {
      return await main(Deno.args, interruption.signal);
    } catch (error) {
      if (interruption.signal.aborted) return INTERRUPTED;
      throw error;
    }
  });
  Deno.exit(code);
}
