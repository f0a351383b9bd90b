/** `deno task soak`: both transports under load and attack, for minutes or hours, without losses or growth. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { count, createBenchCommand, exitCodeOf, writeLine } from "../../scripts/bench/options.ts";
import { stopSignal } from "../../src/cli/shared/stop_signal.ts";
import { layOutTable } from "../../src/text/table.ts";
import { unsupportedSystem } from "../../src/system/libc.ts";
import { findProblems, layOutReport, showsGrowth } from "./report.ts";
import { soak } from "./soak.ts";

/** A soak has this many stretches of load, or more if they would be longer than the maximum. */
const STRETCHES = 40;
const MAX_STRETCH_SECONDS = 10;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses a duration such as `90s`, `5m` or `3h`, in seconds. */
function parseSeconds(text: string): number {
  const [, number, unit = "s"] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit || "s"] ?? NaN);
  if (value >= 1) return value;
  throw new InvalidArgumentError("Expected a duration such as 90s, 5m or 3h.");
}

async function main(args: readonly string[]): Promise<number> {
  const { json, duration: seconds, ...options } = createBenchCommand(
    "soak",
    "Runs a server of each transport under a load it can serve, beside malformed datagrams, replies, floods and a slow " +
      "service. Exits with 1 if a reply is lost or a resource of a server grows.",
  )
    .option("--duration <time>", "length, such as 90s, 5m or 3h", parseSeconds, 300)
    .option("--rate <n>", "requests per second of the load", count(100_000), 1000)
    .option("--seed <n>", "random seed of the malformed datagrams", count(2 ** 32 - 1), 1)
    .option("--json", "print one JSON object instead of the tables", false)
    .allowExcessArguments(false)
    .parse(args, { from: "user" })
    .opts();
  const system = unsupportedSystem();
  if (system !== undefined) throw new Error(`this needs Linux on x86-64 or arm64, not ${system}`);
  const report = await soak({
    ...options,
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

function showProgress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args), "soak"));
