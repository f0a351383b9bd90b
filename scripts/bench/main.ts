/**
 * `deno task bench`: speed, accuracy and stability of this project's server, beside a plain Python server for text, and
 * chronyd and a C program for NTP.
 */
import { type Arguments, defineCommand } from "../../src/cli/shared/command.ts";
import { UsageError } from "../../src/cli/shared/errors.ts";
import { type Field, flag } from "../../src/options/field.ts";
import { unsupportedSystem } from "../../src/system/libc.ts";
import { suggest } from "../../src/text/suggest.ts";
import { findField } from "./field.ts";
import { describeMachine, formatMachine } from "./machine.ts";
import { checkout, count, runCommand, seconds, writeLine } from "./options.ts";
import { type BenchOptions, type Context, DEFAULTS } from "./section.ts";
import { sections } from "./sections/mod.ts";

/** The sections that run by default, in a few minutes. */
const QUICK = ["rounds", "offset"];

/** The exit code after SIGINT, as shells define it. */
const INTERRUPTED = 130;

async function main({ names, json, options }: CommandLine, signal: AbortSignal): Promise<number> {
  const isSimulated = names.every((name) => sections.get(name)?.isSimulated);
  const system = isSimulated ? undefined : unsupportedSystem();
  if (system !== undefined) {
    throw new Error(`the load generator needs linux on x86_64 or aarch64, and this is ${system}`);
  }
  await using stack = new AsyncDisposableStack();
  const directory = await Deno.makeTempDir({ prefix: "timesrv_bench_" });
  stack.defer(() => Deno.remove(directory, { recursive: true }));
  stack.defer(() => showProgress(""));
  const field = isSimulated ? {} : await findField(directory);
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

/** Defines an option for a whole number from 1. */
function number(name: keyof typeof DEFAULTS, max: number, help: string): Field<number> {
  return count(max, { name, help, default: `${DEFAULTS[name]}` });
}

const groups = {
  "Options:": {
    rounds: number("rounds", 1000, "measurements per server"),
    seconds: seconds({ name: "seconds", help: "seconds per measurement", default: "1" }),
    slices: number("slices", 1000, "measurements per server where only ratios count"),
    window: number("window", 16_384, "outstanding requests"),
    flows: number("flows", 1024, "sockets to send from"),
    exchanges: number("exchanges", 1000, "exchanges per client program for the offset"),
    bounds: number("bounds", 1e6, "exchanges per server and condition for the error bounds"),
    stamps: number("stamps", 1e8, "the same for the transmit timestamps"),
    replies: number("replies", 1e12, "replies of the endurance section"),
    minutes: number("minutes", 1440, "minutes of the section following"),
    before: checkout({
      name: "before",
      syntax: "<folder>",
      help: "compare with the server of this checkout in duels",
    }),
    json: flag({ name: "json", help: "print one JSON object instead of the tables" }),
  },
} as const;

const summaries = [...sections].map(([name, { summary }]) => `  ${name.padEnd(13)} ${summary}`);

const command = defineCommand({
  name: "bench",
  hasManual: false,
  description:
    "Measures timesrv over loopback, beside a plain Python asctime server, chronyd and a " +
    "minimal C responder.",
  positionals: [{
    name: "sections",
    help: `the sections to run, see below (default: ${QUICK.join(" ")})`,
    isRepeatable: true,
  }],
  groups,
  notes: ["Sections:", ...summaries, "  all         every section"].join("\n"),
  run,
});

async function run({ values, positionals }: Arguments<typeof groups>): Promise<number> {
  const names = positionals.length > 0 ? positionals : QUICK;
  const known = [...sections.keys(), "all"];
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new UsageError(`Unknown section ${JSON.stringify(name)}: ${suggest(name, known)}`);
  }
  const { json = false, ...options } = { ...DEFAULTS, ...values };
  const commandLine = { names: names.includes("all") ? known : names, json, options };
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => interruption.abort());
  }
  try {
    return await main(commandLine, interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    throw error;
  }
}

function showProgress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

if (import.meta.main) Deno.exit(await runCommand(command));
