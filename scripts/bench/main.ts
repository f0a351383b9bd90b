/**
 * `deno task bench`: speed, accuracy and stability of this project's server, beside a plain Python server for text, and
 * chronyd and a C program for NTP.
 *
 * @module
 */

import { Argument } from "@commander-js/extra-typings";
import { unsupportedSystem } from "../../src/system/libc.ts";
import { findField } from "./field.ts";
import { describeMachine, formatMachine } from "./machine.ts";
import { checkout, count, createBenchCommand, exitCodeOf, seconds, writeLine } from "./options.ts";
import type { BenchOptions, Context } from "./section.ts";
import { sections } from "./sections/mod.ts";

/** The sections that run by default, in a few minutes. */
const QUICK = ["rounds", "offset"];

/** The exit code after SIGINT, as shells define it. */
const INTERRUPTED = 130;

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { names, json, options } = readCommandLine(args);
  const system = unsupportedSystem();
  if (system !== undefined) {
    throw new Error(`the load generator needs linux on x86_64 or aarch64, and this is ${system}`);
  }
  await using stack = new AsyncDisposableStack();
  const directory = await Deno.makeTempDir({ prefix: "timesrv_bench_" });
  stack.defer(() => Deno.remove(directory, { recursive: true }));
  stack.defer(() => showProgress(""));
  const field = await findField(directory);
  const machine = await describeMachine(field.chronydProgram);
  if (!json) await writeLine(Deno.stdout, formatMachine(machine));
  const context: Context = {
    serverCore: machine.isPinned ? 0 : undefined,
    loadCore: machine.isPinned ? 1 : undefined,
    signal,
    showProgress,
  };
  const figures: Record<string, unknown> = {};
  for (const [name, section] of sections) {
    if (!names.includes(name)) continue;
    const findings = await section.measure({ ...context, field, options });
    showProgress("");
    figures[name] = findings.figures;
    if (!json) await writeLine(Deno.stdout, ["", ...findings.lines].join("\n"));
  }
  if (json) await writeLine(Deno.stdout, JSON.stringify({ machine, options, ...figures }, null, 2));
  return 0;
}

interface CommandLine {
  readonly names: readonly string[];
  readonly json: boolean;
  readonly options: BenchOptions;
}

function readCommandLine(args: readonly string[]): CommandLine {
  const summaries = [...sections].map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  const command = createBenchCommand(
    "bench",
    "Measures timesrv over loopback, beside a plain Python asctime server, chronyd and a minimal C responder.",
  )
    .addArgument(
      new Argument("[sections...]", "the sections to run, see below")
        .choices([...sections.keys(), "all"]).default(QUICK, QUICK.join(" ")),
    )
    .option("--rounds <n>", "measurements per server", count(1000), 5)
    .option("--seconds <s>", "seconds per measurement", seconds, 1)
    .option("--slices <n>", "measurements per server where only ratios count", count(1000), 24)
    .option("--window <n>", "outstanding requests", count(16_384), 64)
    .option("--flows <n>", "sockets to send from", count(1024), 8)
    .option("--exchanges <n>", "exchanges per client program for the offset", count(1000), 40)
    .option("--replies <n>", "replies of the endurance section", count(1e12), 10_000_000)
    .option("--before <folder>", "compare with the server of this checkout in duels", checkout)
    .option("--json", "print one JSON object instead of the tables", false)
    .addHelpText(
      "after",
      ["", "Sections:", ...summaries, "  all        every section"].join("\n"),
    )
    .parse(args, { from: "user" });
  const [named] = command.processedArgs;
  const { json, ...options } = command.opts();
  return { names: named.includes("all") ? [...sections.keys()] : named, json, options };
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
