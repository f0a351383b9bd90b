/** `deno task soak`: both transports under load and attack, for minutes or hours, without losses or growth. */
import { count, runCommand, writeLine } from "../../scripts/bench/options.ts";
import { type Arguments, defineCommand } from "../../src/cli/shared/command.ts";
import { stopSignal } from "../../src/cli/shared/stop_signal.ts";
import { field, flag } from "../../src/options/field.ts";
import { formatCount } from "../../src/text/units.ts";
import { layOutTable } from "../../src/text/table.ts";
import { unsupportedSystem } from "../../src/system/libc.ts";
import { findProblems, layOutReport, showsGrowth } from "./report.ts";
import { soak } from "./soak.ts";

/** A soak has this many stretches of load, or more if they would be longer than the maximum. */
const STRETCHES = 40;
const MAX_STRETCH_SECONDS = 10;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses a duration such as `90s`, `5m` or `3h`, in seconds; undefined if it is none. */
function parseSeconds(text: string): number | undefined {
  const [, number, unit = "s"] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit || "s"] ?? NaN);
  return value >= 1 ? value : undefined;
}

const groups = {
  "Options:": {
    duration: field(
      { name: "duration", syntax: "<time>", help: "length of the run", default: "5m" },
      "a duration such as 90s, 5m or 3h",
      (given) => parseSeconds(String(given)),
    ),
    rate: count(100_000, {
      name: "rate",
      help: "requests per second of the load",
      default: "1000",
    }),
    seed: count(2 ** 32 - 1, {
      name: "seed",
      help: "random seed of the malformed datagrams",
      default: "1",
    }),
    keyExchanges: count(10_000_000, {
      name: "key-exchanges",
      help: "exchange keys of NTS this many times instead",
    }),
    json: flag({ name: "json", help: "print one JSON object instead of the tables" }),
  },
} as const;

const command = defineCommand({
  name: "soak",
  hasManual: false,
  description:
    "Runs a server of each transport under a load it can serve, beside malformed datagrams, " +
    "replies, floods and a slow service. Exits with 1 if a reply is lost or a resource of a server " +
    "grows.",
  positionals: [],
  groups,
  notes: "",
  run,
});

async function run({ values }: Arguments<typeof groups>): Promise<number> {
  const { json = false, keyExchanges, duration: seconds = 300, rate = 1000, seed = 1 } = values;
  const system = unsupportedSystem();
  if (system !== undefined) throw new Error(`this needs Linux on x86-64 or arm64, not ${system}`);
  if (keyExchanges !== undefined) return await runKeyExchanges(keyExchanges, json);
  const report = await soak({
    rate,
    seed,
    seconds,
    transports: ["mmsg", "datagram"],
    stretchSeconds: Math.min(Math.max(1, seconds / STRETCHES), MAX_STRETCH_SECONDS),
    signal: stopSignal(),
    onProgress: showProgress,
  });
  showProgress("");
  const problems = findProblems(report);
  if (json) {
    await writeLine(Deno.stdout, JSON.stringify({ ...report, problems }, null, 2));
  } else {
    await writeLine(Deno.stdout, layOutReport(report).map(layOutTable).join("\n\n"));
    const result = problems.length > 0 ? problems : [
      showsGrowth(report)
        ? "Nothing was lost, and nothing grew."
        : "Nothing was lost; too short to detect growth.",
    ];
    await writeLine(Deno.stdout, `\n${report.seconds.toFixed(0)} s. ${result.join("\n")}`);
  }
  return problems.length === 0 ? 0 : 1;
}

async function runKeyExchanges(count: number, json: boolean): Promise<number> {
  const { findKeyExchangeProblems, soakKeyExchanges } = await import("./key_exchanges.ts");
  const signal = stopSignal();
  const report = await soakKeyExchanges(count, { signal, onProgress: showProgress });
  showProgress("");
  const problems = findKeyExchangeProblems(report);
  const { exchanges, failures, hostile, samples } = report;
  const memory = samples.filter((_, i) => i % Math.ceil(samples.length / 8) === 0)
    .map(({ residentKib }) => `${(residentKib / 1024).toFixed(0)} MiB`).join(", ");
  const text = `${formatCount(exchanges)} key exchanges and ${formatCount(hostile)} connections ` +
    `that sent no TLS, in ${samples.at(-1)?.seconds.toFixed(0)} s; ` +
    `${formatCount(failures.length)} refused by a limit. Resident memory: ${memory}.\n` +
    (problems.join("\n") || "Nothing failed, and nothing grew.");
  await writeLine(Deno.stdout, json ? JSON.stringify({ ...report, problems }, null, 2) : text);
  return problems.length === 0 ? 0 : 1;
}

function showProgress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

if (import.meta.main) Deno.exit(await runCommand(command));
