/** `timecli compare`: its command line, turned into options and handed to `compare()`. */
import { compare, type ComparedServer, type Comparison } from "../../client/compare.ts";
import { parseMeasurable } from "../../client/measure.ts";
import { pickOptions } from "../../options/read.ts";
import { formatEndpoint } from "../../protocols/endpoint.ts";
import { toSeconds } from "../../text/duration.ts";
import { escapeLine } from "../../text/printable.ts";
import { type Arguments, defineCommand } from "../shared/command.ts";
import { exitCodeFor } from "../shared/exit_codes.ts";
import { errorFormatter } from "../shared/format_error.ts";
import { printJson, printProblems, writeText } from "../shared/output.ts";
import { printTexts } from "../shared/terminal.ts";
import {
  formatFields,
  intervalField,
  networkFields,
  networkOf,
  samplesField,
  serversArgument,
  timeoutField,
} from "./options.ts";
import { formatCsv, sampleColumns } from "./query/csv.ts";
import { SCHEMA } from "./query/json.ts";
import { formatOffset } from "./query/report.ts";
import { checkServers, withProgress } from "./samples/samples.ts";
import {
  formatReach,
  formatRemarks,
  formatRow,
  formatSamplesRows,
  samplesHead,
  samplesToJson,
} from "./samples/report.ts";

/** The library's default, which the progress needs to know. */
const DEFAULT_SAMPLES = 4;

const sampleFields = {
  count: samplesField("requests per server", { default: String(DEFAULT_SAMPLES) }),
  interval: intervalField,
  timeout: timeoutField("time until a request is lost"),
};

const groups = {
  "Query:": { ...sampleFields, ...networkFields },
  "Output:": formatFields(
    "print one JSON object",
    "print a header and one row per server (RFC 4180)",
  ),
} as const;

const NOTES = `
Examples:
  timecli compare a.example b.example c.example
  timecli compare --count 8 --interval 4s a.example time://b.example
  timecli compare --json a.example b.example | jq .outcome
`;

export const command = defineCommand({
  name: "compare",
  description: "Samples time servers at the same time and finds out which of them can be right.",
  positionals: [serversArgument],
  groups,
  notes: NOTES,
  hint: "Exit codes: 0 all servers sent a time and agree, 1 they disagree, 2 wrong command line; " +
    "otherwise the first failure, as timecli. The manual explains verdicts: docs/timecli.md.",
  run,
});

async function run({ values, positionals: urls }: Arguments<typeof groups>): Promise<number> {
  const options = { ...pickOptions(sampleFields, values), ...networkOf(values) };
  checkServers(urls, options.interval);
  // A server that is given twice is queried once.
  const distinct = new Set(urls.map((url) => formatEndpoint(parseMeasurable(url))));
  const comparison = await withProgress(
    distinct.size * (options.count ?? DEFAULT_SAMPLES),
    (more) => compare(urls, { ...options, ...more }),
  );
  if (values.json) printJson([comparisonToJson(comparison)]);
  else if (values.csv) writeText(Deno.stdout, comparisonToCsv(comparison));
  else printTexts([formatComparison(comparison)]);
  printProblems(comparison.servers.flatMap(formatRemarks));
  if (comparison.outcome === "disagree") return 1;
  return exitCodeFor(comparison.servers.find(({ verdict }) => verdict === "failed")?.error);
}

function formatComparison(comparison: Comparison): string {
  const { servers } = comparison;
  const table = formatSamplesRows([[...samplesHead, "VERDICT"], ...servers.map(formatServerRow)]);
  const format = errorFormatter();
  const remarks = servers.flatMap(({ url, verdict, error, sameAs }) => [
    ...(verdict === "failed" ? [escapeLine(`${url}: ${format(error)}`)] : []),
    ...(sameAs === undefined ? [] : [escapeLine(`${url}: the same server as ${sameAs}, one vote`)]),
  ]);
  const parts = [table, ...(remarks.length > 0 ? [remarks.join("\n")] : [])];
  return [...parts, formatConclusion(comparison)].join("\n\n");
}

function formatServerRow(server: ComparedServer): string[] {
  const { url, exchanges, estimate, verdict } = server;
  if (estimate) return [...formatRow(server), verdict];
  const unknown = samplesHead.slice(2).map(() => "");
  return [escapeLine(url), ...unknown, formatReach(exchanges), verdict];
}

function formatConclusion({ servers, outcome, offset, errorBound }: Comparison): string {
  const voters = servers.filter(({ sameAs }) => sameAs === undefined);
  const count = (verdict: string): number =>
    voters.filter((server) => server.verdict === verdict).length;
  const compared = voters.length - count("failed");
  if (outcome === "failed") return "No server sent a time.";
  if (outcome === "alone") return "One server sent a time: there is nothing to compare it with.";
  if (!offset || !errorBound) {
    return compared === 2
      ? "The two servers disagree, and two cannot show which is wrong. Query three or more."
      : `No majority of ${compared} servers agrees: nothing can be decided.`;
  }
  const estimate = `Best estimate  ${formatOffset({ offset, errorBound })}`;
  return outcome === "agree"
    ? `${compared === 2 ? "Both" : `All ${compared}`} servers agree.\n${estimate}`
    : `${count("agrees")} of ${compared} servers agree: the falsetickers are wrong, ` +
      `unless the majority is.\n${estimate}`;
}

function comparisonToJson(comparison: Comparison): Record<string, unknown> {
  const { servers, outcome, offset, errorBound } = comparison;
  return {
    schema: SCHEMA,
    outcome,
    ...(offset && { offset: toSeconds(offset) }),
    ...(errorBound && { error_bound: toSeconds(errorBound) }),
    servers: servers.map(serverToJson),
  };
}

function serverToJson(server: ComparedServer): Record<string, unknown> {
  const { verdict, sameAs } = server;
  return {
    ...samplesToJson(server, false),
    verdict,
    ...(sameAs !== undefined && { same_as: sameAs }),
  };
}

/** One row per server, each with the outcome of all. */
function comparisonToCsv({ servers, outcome }: Comparison): string {
  const objects = servers.map((server) => ({ ...serverToJson(server), outcome }));
  return formatCsv(objects, sampleColumns(false, ["verdict", "same_as", "outcome"]));
}
