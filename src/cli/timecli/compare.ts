/** `timecli compare`: its command line, turned into options and handed to `compare()`. */
import { Option } from "@commander-js/extra-typings";
import { compare, type ComparedServer, type Comparison } from "../../client/compare.ts";
import { parseMeasurable } from "../../client/measure.ts";
import { formatEndpoint } from "../../protocols/endpoint.ts";
import type { SampleOptions } from "../../client/sample.ts";
import { toSeconds } from "../../text/duration.ts";
import { samplesCsv } from "../shared/csv.ts";
import { describer, exitCodeOf, queryExitCodesHelp } from "../shared/exit_codes.ts";
import { escapeLine } from "../../text/printable.ts";
import { countParser, durationParser, subcommand, timeoutParser } from "../shared/program.ts";
import { offsetOf, SCHEMA } from "./query/report.ts";
import { checkServers, jsonLine, print, printData, sampling } from "./samples/samples.ts";
import {
  fitSamples,
  reachOf,
  remarksOn,
  rowOf,
  samplesHead,
  samplesJson,
} from "./samples/samples_report.ts";

const HELP = `
Each server is sampled as with timecli --samples, all at once. A server claims
that the truth is within its root distance of its offset. Where most claims
overlap, the servers agree; one whose claim misses that place is a falseticker.
Two servers that disagree leave it open which is wrong: ask three or more, that
do not all take their time from the same source. The best estimate is the mean
of those that agree, each by the inverse of its root distance.

REACH counts the replies. A server that is given under two names has one vote.
The offset is the server's time less this machine's: with a plus, this clock is
behind.

Examples:
  timecli compare a.example b.example c.example
  timecli compare --samples 8 --interval 4s a.example time://b.example
  timecli compare --json a.example b.example | jq .outcome

JSON keys (docs/timecli.schema.json, compare): schema (1), outcome (agree,
disagree, alone, failed), offset and error_bound of the best estimate, and
servers: each what timecli --samples --json prints, verdict (agrees,
falseticker, undecided, alone, failed), and same_as of one that is the same as
another. --csv has the servers' names as columns, and outcome in each row; the
best estimate is in --json alone.

Exit codes:
  0  every server told a time, and all agree
  1  they disagree, or something else failed
  2  the command line is wrong
  otherwise why the first that failed told no time:
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
        "from one sample to the next (default: 2s; 100ms on loopback)",
        durationParser("0", "1h"),
      )
      .option("-t, --timeout <seconds>", "a reply is lost after so long", timeoutParser, 3)
      .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
      .option("-6, --ipv6", "use IPv6 only")
      .optionsGroup("What to print:")
      .addOption(new Option("--json", "a JSON object").conflicts("csv"))
      .option("--csv", "a header and a row a server (RFC 4180)")
      .optionsGroup("About the command:")
      .addHelpText("after", HELP),
  async (command) => {
    const [urls] = command.processedArgs;
    const { samples, interval, timeout, ipv4, ipv6, json, csv } = command.opts();
    checkServers(urls, interval === undefined ? undefined : interval / 1000);
    const options: SampleOptions = {
      count: samples,
      timeout,
      ...(interval !== undefined && { interval: interval / 1000 }),
      ...(ipv4 && { family: 4 }),
      ...(ipv6 && { family: 6 }),
    };
    const comparison = await sampling(
      // One that is given twice is asked once.
      new Set(urls.map((url) => formatEndpoint(parseMeasurable(url)))).size * samples,
      (more) => compare(urls, { ...options, ...more }),
    );
    const remarks = comparison.servers.flatMap(remarksOn);
    if (csv) printData(comparisonCsv(comparison), remarks);
    else if (json) printData(jsonLine(comparisonJson(comparison)), remarks);
    else print([describeComparison(comparison)], remarks);
    if (comparison.outcome === "disagree") return 1;
    return exitCodeOf(comparison.servers.find(({ verdict }) => verdict === "failed")?.error);
  },
);

/** The table, why some have failed, and what it comes to. */
function describeComparison(comparison: Comparison): string {
  const { servers } = comparison;
  const table = fitSamples([[...samplesHead, "VERDICT"], ...servers.map(comparedRow)]);
  const describe = describer();
  const remarks = servers.flatMap(({ url, verdict, error, sameAs }) => [
    ...(verdict === "failed" ? [escapeLine(`${url}: ${describe(error)}`)] : []),
    ...(sameAs === undefined ? [] : [escapeLine(`${url}: the same server as ${sameAs}, one vote`)]),
  ]);
  const parts = [table, ...(remarks.length > 0 ? [remarks.join("\n")] : [])];
  return [...parts, conclusionOf(comparison)].join("\n\n");
}

function comparedRow(server: ComparedServer): string[] {
  const { url, exchanges, estimate, verdict } = server;
  if (estimate) return [...rowOf(server), verdict];
  const unknown = samplesHead.slice(2).map(() => "");
  return [escapeLine(url), ...unknown, reachOf(exchanges), verdict];
}

/** What it comes to, in a line. */
function conclusionOf({ servers, outcome, offset, errorBound }: Comparison): string {
  const voters = servers.filter(({ sameAs }) => sameAs === undefined);
  const count = (verdict: string): number =>
    voters.filter((server) => server.verdict === verdict).length;
  const judged = voters.length - count("failed");
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
    servers: servers.map(serverJson),
  };
}

function serverJson(server: ComparedServer): Record<string, unknown> {
  const { verdict, sameAs } = server;
  return {
    ...samplesJson(server, false),
    verdict,
    ...(sameAs !== undefined && { same_as: sameAs }),
  };
}

/** A row a server; what all come to is in each. */
function comparisonCsv({ servers, outcome }: Comparison): string {
  const objects = servers.map((server) => ({ ...serverJson(server), outcome }));
  return samplesCsv(objects, false, ["verdict", "same_as", "outcome"]);
}
