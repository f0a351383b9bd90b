/** `deno task soak`: both transports under load and attack, for minutes or hours, and nothing may be lost. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { count, createBenchCommand, exitCodeOf, writeLine } from "../../scripts/bench/options.ts";
import { stopSignal } from "../../src/cli/shared/stop_signal.ts";
import { layOutTable } from "../../src/text/table.ts";
import { unsupportedSystem } from "../../src/system/libc.ts";
import { problemsOf, tablesOf, tellsGrowth } from "./report.ts";
import { soak } from "./soak.ts";

/** A run is divided into so many stretches of load, none of them longer than this. */
const STRETCHES = 40;
const LONGEST_STRETCH_SECONDS = 10;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Reads a duration, such as `90s`, `5m` or `3h`, as seconds. */
function duration(text: string): number {
  const [, number, unit = "s"] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit || "s"] ?? NaN);
  if (value >= 1) return value;
  throw new InvalidArgumentError("Expected a duration such as 90s, 5m or 3h.");
}

async function main(args: readonly string[]): Promise<number> {
  const { json, duration: seconds, ...options } = createBenchCommand(
    "soak",
    "Runs a server of each transport under a load it can serve, with strangers who send nonsense, answers and too " +
      "much, and a slow service beside them. Exits with 1 if a reply is lost or what a server has grows.",
  )
    .option("--duration <time>", "how long, such as 90s, 5m or 3h", duration, 300)
    .option("--rate <n>", "requests a second of the load", count(100_000), 1000)
    .option("--seed <n>", "of the nonsense", count(2 ** 32 - 1), 1)
    .option("--json", "print one JSON object instead of the tables", false)
    .allowExcessArguments(false)
    .parse(args, { from: "user" })
    .opts();
  const system = unsupportedSystem();
  if (system !== undefined) throw new Error(`it needs Linux on x86-64 or arm64, not ${system}`);
  const report = await soak({
    ...options,
    seconds,
    transports: ["mmsg", "datagram"],
    stretchSeconds: Math.min(Math.max(1, seconds / STRETCHES), LONGEST_STRETCH_SECONDS),
    signal: stopSignal(),
    onProgress: showProgress,
  });
  showProgress("");
  const problems = problemsOf(report);
  if (json) {
    await writeLine(Deno.stdout, JSON.stringify({ ...report, problems }, null, 2));
  } else {
    await writeLine(Deno.stdout, tablesOf(report).map(layOutTable).join("\n\n"));
    const verdict = problems.length > 0 ? problems : [
      tellsGrowth(report)
        ? "Nothing was lost, and nothing grew."
        : "Nothing was lost; too short to tell what grows.",
    ];
    await writeLine(Deno.stdout, `\n${report.seconds.toFixed(0)} s. ${verdict.join("\n")}`);
  }
  return problems.length === 0 ? 0 : 1;
}

function showProgress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args), "soak"));
