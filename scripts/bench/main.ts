/**
 * `deno task bench`: replies a second and CPU time a reply of our server beside a plain Python server.
 *
 * All servers live through the whole run and take turns under the same load, so that the machine's slow and fast moments
 * hit each of them; what is compared are figures of the same round.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { unsupportedSystem } from "./libc.ts";
import type { LoadResult } from "./load.ts";
import { count, exitCodeOf, seconds, writeLine } from "./options.ts";
import {
  type Contender,
  outputOf,
  pinned,
  pythonAsctime,
  type RunningServer,
  start,
  timesrvDatagram,
} from "./servers.ts";
import { summarize, summarizeRatios, type Summary, turnsOf } from "./stats.ts";
import { layOutTable } from "./table.ts";

/** How long each server is under load before the first round, for its code to be compiled. */
const WARMUP_SECONDS = 1;

/** How long before each measurement, to fill the queues. */
const LEAD_SECONDS = 0.05;

/**
 * Under full load a server has its core to itself and uses all of it. With less than this share of the core, something else
 * on the machine was in the way, which shows in its replies a second but hardly in its CPU time a reply.
 */
const UNDISTURBED_SHARE = 0.9;

/** The exit code of a program that was ended by SIGINT, as shells count. */
const INTERRUPTED = 130;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly window: number;
  readonly flows: number;
}

interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly deno: string;
  readonly python: string | undefined;
  /** Whether servers and load generator had a core each. */
  readonly pinned: boolean;
}

/** One server's figures, one a round. */
interface Figures {
  readonly name: string;
  readonly rounds: LoadResult[];
  peakMemoryKib?: number | undefined;
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const command = new Command("bench")
    .description(
      "Measures replies a second and CPU time a reply of timesrv, beside a plain Python asctime server.",
    )
    .option("--rounds <n>", "how often each server is measured", count(1000), 5)
    .option("--seconds <s>", "how long each time", seconds, 1)
    .option("--window <n>", "requests on their way at once", count(16_384), 64)
    .option("--flows <n>", "sockets they are sent from", count(1024), 8)
    .option("--json", "print one JSON object instead of the table", false)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: "user" });
  const { json, ...options } = command.opts();

  const system = unsupportedSystem();
  if (system !== undefined) {
    throw new Error(`the load generator needs linux on x86_64 or aarch64, and this is ${system}`);
  }
  const machine = await describeMachine();
  const contenders: Contender[] = [timesrvDatagram];
  if (machine.python === undefined) {
    await writeLine(Deno.stderr, "bench: there is no python3, so timesrv is measured alone");
  } else {
    contenders.push(pythonAsctime);
  }
  const figures = await measure(contenders, options, machine.pinned, signal);
  await writeLine(
    Deno.stdout,
    json
      ? JSON.stringify({ machine, options, servers: figures, ratios: ratiosOf(figures) }, null, 2)
      : report(machine, options, figures),
  );
  return 0;
}

async function describeMachine(): Promise<Machine> {
  const cpuInfo = await Deno.readTextFile("/proc/cpuinfo");
  const cores = navigator.hardwareConcurrency;
  return {
    date: new Date().toISOString(),
    cpu: /^model name\s*:\s*(.+)$/m.exec(cpuInfo)?.[1] ?? Deno.build.arch,
    cores,
    kernel: `Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    python: (await outputOf("python3", "--version"))?.replace("Python ", ""),
    pinned: cores > 1 && await outputOf("taskset", "-c", "0,1", "true") !== undefined,
  };
}

async function measure(
  contenders: readonly Contender[],
  options: Options,
  pin: boolean,
  signal: AbortSignal,
): Promise<readonly Figures[]> {
  await using stack = new AsyncDisposableStack();
  const servers: RunningServer[] = [];
  for (const contender of contenders) {
    servers.push(stack.use(await start(contender, { core: pin ? 0 : undefined, signal })));
  }
  const figures = new Map(servers.map((server): [RunningServer, Figures] => [
    server,
    { name: server.contender.name, rounds: [] },
  ]));
  stack.defer(() => showProgress(""));
  for (const server of servers) {
    showProgress(`warming up ${server.contender.name}`);
    await putLoadOn(server, { ...options, seconds: WARMUP_SECONDS }, pin, signal);
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const [server, { name, rounds }] of turnsOf([...figures], round)) {
      showProgress(`round ${round + 1} of ${options.rounds}: ${name}`);
      rounds.push(await putLoadOn(server, options, pin, signal));
    }
  }
  for (const [server, figure] of figures) figure.peakMemoryKib = server.peakMemoryKib();
  return [...figures.values()];
}

async function putLoadOn(
  server: RunningServer,
  options: Options,
  pin: boolean,
  signal: AbortSignal,
): Promise<LoadResult> {
  const [program, ...args] = pinned([
    Deno.execPath(),
    "run",
    "-A",
    new URL("load.ts", import.meta.url).pathname,
    "--json",
    ...["--seconds", `${options.seconds}`, "--warmup", `${LEAD_SECONDS}`],
    ...["--window", `${options.window}`, "--flows", `${options.flows}`],
    ...["--pid", `${server.pid}`],
    `127.0.0.1:${server.port}`,
  ], pin ? 1 : undefined);
  const { success, stdout, stderr } = await new Deno.Command(program, { args, signal }).output();
  signal.throwIfAborted();
  const decoder = new TextDecoder();
  if (!success) {
    const reason = decoder.decode(stderr).trim().split("\n").at(-1);
    throw new Error(
      `Cannot measure ${server.contender.name}: ${reason || "the load generator failed"}`,
    );
  }
  return JSON.parse(decoder.decode(stdout)) as LoadResult;
}

function showProgress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

interface Ratios {
  readonly of: string;
  readonly to: string;
  readonly goodPerSecond: Summary | undefined;
  readonly cpuUsPerReply: Summary | undefined;
}

function ratiosOf([ours, ...others]: readonly Figures[]): readonly Ratios[] {
  if (ours === undefined) return [];
  const rates = ({ rounds }: Figures): number[] => rounds.map((round) => round.goodPerSecond);
  const cpu = ({ rounds }: Figures): (number | undefined)[] =>
    rounds.map((round) => round.cpuUsPerReply);
  return others.map((other) => ({
    of: ours.name,
    to: other.name,
    goodPerSecond: summarizeRatios(rates(ours), rates(other)),
    cpuUsPerReply: summarizeRatios(cpu(ours), cpu(other)),
  }));
}

function report(machine: Machine, options: Options, figures: readonly Figures[]): string {
  const rows = [[
    "server",
    "replies/s",
    "(min-max)",
    "CPU us/reply",
    "(min-max)",
    "p50 us",
    "p99 us",
    "lost",
    "bad",
    "peak MiB",
  ]];
  for (const { name, rounds, peakMemoryKib } of figures) {
    const over = (of: (round: LoadResult) => number | undefined): Summary | undefined =>
      summarize(rounds.map(of).filter((figure) => figure !== undefined));
    const total = (of: (round: LoadResult) => number): string =>
      String(rounds.reduce((sum, round) => sum + of(round), 0));
    rows.push([
      name,
      ...cells(over((round) => round.goodPerSecond), 0),
      ...cells(over((round) => round.cpuUsPerReply), 2),
      decimal(over((round) => round.latencyUs.p50)?.median, 0),
      decimal(over((round) => round.latencyUs.p99)?.median, 0),
      total((round) => round.lost),
      total((round) => round.bad + round.stray),
      decimal(peakMemoryKib === undefined ? undefined : peakMemoryKib / 1024, 1),
    ]);
  }
  const python = machine.python === undefined ? "" : `, Python ${machine.python}`;
  const cores = machine.pinned
    ? "servers on core 0, load on core 1"
    : "servers and load on any core";
  return [
    `${machine.date}  ${machine.cpu}, ${machine.cores} cores, ${machine.kernel}, Deno ${machine.deno}${python}`,
    `asctime over loopback, ${options.window} requests on their way over ${options.flows} flows, ` +
    `${options.rounds} rounds of ${options.seconds} s in turn, ${cores}; medians`,
    "",
    layOutTable(rows),
    "",
    ...figures.filter((figure) => (coreShare(figure)?.median ?? 1) < UNDISTURBED_SHARE).map((
      figure,
    ) =>
      `${figure.name} had only ${
        decimal(100 * (coreShare(figure)?.median ?? 0), 0)
      } % of a core: ` +
      "the machine was busy with something else, so trust CPU a reply rather than replies/s"
    ),
    ...ratiosOf(figures).map(({ of, to, goodPerSecond, cpuUsPerReply }) =>
      `${of} : ${to}, median of same-round ratios: ` +
      `replies/s ${cells(goodPerSecond, 2).join(" ")}, CPU a reply ${
        cells(cpuUsPerReply, 2).join(" ")
      }`
    ),
  ].join("\n").trimEnd();
}

function coreShare({ rounds }: Figures): Summary | undefined {
  return summarize(
    rounds.map(({ goodPerSecond, cpuUsPerReply = NaN }) => goodPerSecond * cpuUsPerReply / 1e6)
      .filter(Number.isFinite),
  );
}

function cells(summary: Summary | undefined, digits: number): [string, string] {
  if (summary === undefined) return ["-", ""];
  const { median, min, max } = summary;
  return [decimal(median, digits), `(${decimal(min, digits)}-${decimal(max, digits)})`];
}

function decimal(value: number | undefined, digits: number): string {
  if (value === undefined) return "-";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
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
