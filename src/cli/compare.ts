/** `timecli compare`: its command line, turned into options and handed to `compare()`. */
import { Option } from "@commander-js/extra-typings";
import { compare, type Comparison } from "../client/compare.ts";
import { parseMeasurable } from "../client/measurable.ts";
import type { SampleOptions } from "../client/sample.ts";
import { toSeconds } from "../client/in_seconds.ts";
import { exitCodeOf, queryExitCodesHelp } from "./exit_codes.ts";
import { countParser, durationParser, subcommand, timeoutParser } from "./program.ts";
import { offsetOf, SCHEMA } from "./report.ts";
import { print, sampling } from "./samples.ts";
import { remarksOn, rowOf, samplesHead, samplesJson } from "./samples_report.ts";
import { layOutTable } from "./table.ts";
import { checkUrls } from "./usage_error.ts";

const HELP = `
Each server is sampled as with timecli --samples, all at once. A server claims
that the truth is within its root distance of its offset. Where most claims
overlap, the servers agree; one whose claim misses that place is a falseticker.
Two servers that disagree leave it open which is wrong: ask three or more, that
do not all take their time from the same source. The best estimate is the mean
of those that agree, each by the inverse of its root distance.

REACH counts the replies. The offset is the server's time less this machine's:
with a plus, this clock is behind.

Examples:
  timecli compare a.example b.example c.example
  timecli compare --samples 8 --interval 4s a.example time://b.example
  timecli compare --json a.example b.example | jq .outcome

JSON keys (docs/timecli.schema.json, compare): schema (1), outcome (agree,
disagree, alone, failed), offset and error_bound of the best estimate, and
servers: each what timecli --samples --json prints, and verdict (agrees,
falseticker, undecided, alone, failed).

Exit codes:
  0  every server told a time, and all agree
  1  they disagree, or something else failed
  2  the command line is wrong; otherwise why the first that failed told no time:
${queryExitCodesHelp()}`;

export const { define } = subcommand(
  (command) =>
    command
      .description("Samples time servers side by side and tells which of them can be right.")
      .argument("<urls...>", "the servers, as PROTOCOL://HOST[:PORT], or HOST[:PORT] for NTP")
      .optionsGroup("How to ask:")
      .option("-s, --samples <count>", "ask each so often", countParser(1, 1000), 4)
      .option(
        "-i, --interval <duration>",
        "from one sample to the next (default: 2s; 100ms on this machine)",
        durationParser("0", "1h"),
      )
      .option("-t, --timeout <seconds>", "a reply is lost after so long", timeoutParser, 3)
      .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
      .option("-6, --ipv6", "use IPv6 only")
      .optionsGroup("What to print:")
      .option("--json", "a JSON object")
      .optionsGroup("About the command:")
      .addHelpText("after", HELP),
  async (command) => {
    const [urls] = command.processedArgs;
    const { samples, interval, timeout, ipv4, ipv6, json } = command.opts();
    checkUrls(urls, parseMeasurable);
    const options: SampleOptions = {
      count: samples,
      timeout,
      ...(interval !== undefined && { interval: interval / 1000 }),
      ...(ipv4 && { family: 4 }),
      ...(ipv6 && { family: 6 }),
    };
    const comparison = await sampling(
      urls.length * samples,
      (more) => compare(urls, { ...options, ...more }),
    );
    const text = json
      ? JSON.stringify(comparisonJson(comparison))
      : `${tableOf(comparison)}\n\n${conclusionOf(comparison)}`;
    print([text], comparison.servers.flatMap(remarksOn));
    if (comparison.outcome === "disagree") return 1;
    return exitCodeOf(comparison.servers.find(({ verdict }) => verdict === "failed")?.error);
  },
);

function tableOf({ servers }: Comparison): string {
  return layOutTable([
    [...samplesHead, "VERDICT"],
    ...servers.map((server) =>
      server.estimate ? [...rowOf(server), server.verdict] : rowOf(server)
    ),
  ]);
}

/** What it comes to, in a line. */
function conclusionOf({ servers, outcome, offset, errorBound }: Comparison): string {
  const count = (verdict: string): number =>
    servers.filter((server) => server.verdict === verdict).length;
  const judged = servers.length - count("failed");
  if (outcome === "failed") return "No server told a time.";
  if (outcome === "alone") return "One server told a time: there is nothing to compare it with.";
  if (!offset || !errorBound) {
    return judged === 2
      ? "The two servers disagree: which is wrong cannot be decided by two. Ask three or more."
      : `No majority of ${judged} servers agrees: nothing can be decided.`;
  }
  const estimate = `Best estimate  ${offsetOf({ offset, errorBound })}`;
  return outcome === "agree"
    ? `${judged === 2 ? "Both" : `All ${judged}`} servers agree.\n${estimate}`
    : `${count("agrees")} of ${judged} servers agree; the falsetickers are wrong, ` +
      `or most are.\n${estimate}`;
}

function comparisonJson(comparison: Comparison): Record<string, unknown> {
  const { servers, outcome, offset, errorBound } = comparison;
  return {
    schema: SCHEMA,
    outcome,
    ...(offset && { offset: toSeconds(offset) }),
    ...(errorBound && { error_bound: toSeconds(errorBound) }),
    servers: servers.map((server) => ({
      ...samplesJson(server, false),
      verdict: server.verdict,
    })),
  };
}
