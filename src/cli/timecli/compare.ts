/** `timecli compare`: its command line, turned into options and handed to `compare()`. */
import { compare, type ComparedServer, type Comparison } from "../../client/compare.ts";
import { parseMeasurable } from "../../client/query.ts";
import { countCompared, formatDisagreement, formatSilence } from "../../client/verdicts.ts";
import { pickOptions } from "../../options/read.ts";
import { formatEndpoint } from "../../protocols/endpoint.ts";
import { toSeconds } from "../../text/duration.ts";
import { escapeLine } from "../../text/printable.ts";
import { type Arguments, defineCommand } from "../shared/command.ts";
import { disagreementExitCodes, errorFormatter, exitCodeFor } from "../shared/errors.ts";
import {
  printJson,
  printProblems,
  type StyledLine,
  type Tone,
  writeText,
} from "../shared/output.ts";
import { printLines } from "../shared/terminal.ts";
import {
  formatFields,
  intervalField,
  networkFields,
  networkOf,
  samplesField,
  serversArgument,
  timeoutField,
} from "./options.ts";
import { formatCsv, sampleColumns, SCHEMA } from "./query/json.ts";
import { formatOffset } from "./query/report.ts";
import {
  checkServers,
  comparedToJson,
  countReplies,
  formatRemarks,
  formatRow,
  formatSamplesRows,
  samplesHead,
  withProgress,
} from "./samples.ts";

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
  hint: "Exit codes: 0 all servers sent a time and agree, 2 wrong command line, " +
    `${disagreementExitCodes.falseticker} a server is wrong, ` +
    `${disagreementExitCodes.noMajority} they disagree without a majority; otherwise the first ` +
    "failure, as timecli.",
  run,
});

async function run(
  { values, positionals: urls, sources }: Arguments<typeof groups>,
): Promise<number> {
  checkServers(urls, values.interval);
  const options = {
    ...pickOptions(sampleFields, values),
    ...await networkOf({ values, sources }, urls),
  };
  // A server that is given twice is queried once.
  const distinct = new Set(urls.map((url) => formatEndpoint(parseMeasurable(url))));
  const comparison = await withProgress(
    distinct.size * (options.count ?? DEFAULT_SAMPLES),
    (more, report) =>
      compare(urls, {
        ...{ ...options, ...more },
        onProgress(soFar): void {
          const isComplete = soFar.servers.length === distinct.size;
          if (!soFar.offset && !(isComplete && soFar.outcome === "disagree")) return;
          report(conclude(soFar).map(({ text }) => text).join(". "));
        },
      }),
  );
  if (values.json) printJson([comparisonToJson(comparison)]);
  else if (values.csv) writeText(Deno.stdout, comparisonToCsv(comparison));
  else printLines(formatComparison(comparison));
  printProblems(comparison.servers.flatMap(formatRemarks));
  if (comparison.outcome === "disagree") {
    return disagreementExitCodes[comparison.offset ? "falseticker" : "noMajority"];
  }
  return exitCodeFor(comparison.servers.find(({ verdict }) => verdict === "failed")?.error);
}

const tones: Readonly<Partial<Record<ComparedServer["verdict"], Tone>>> = {
  falseticker: "bad",
  failed: "odd",
};

function formatComparison(comparison: Comparison): StyledLine[] {
  const { servers, offset, errorBound } = comparison;
  const table = formatSamplesRows([[...samplesHead, "VERDICT"], ...servers.map(formatServerRow)]);
  const [head = "", ...rows] = table.split("\n");
  const format = errorFormatter();
  const remarks = servers.flatMap(({ url, verdict, error, sameAs }) => [
    ...(verdict === "failed" ? [escapeLine(`${url}: ${format(error)}`)] : []),
    ...(sameAs === undefined ? [] : [escapeLine(`${url}: the same server as ${sameAs}, one vote`)]),
  ]);
  return [
    { text: head },
    ...rows.map((text, i) => ({ text, tone: tones[servers[i]?.verdict ?? "agrees"] })),
    { text: "" },
    ...(remarks.length > 0 ? [...remarks, ""].map((text) => ({ text })) : []),
    ...conclude(comparison).map(({ text, tone }) => ({ text: `${text}.`, tone })),
    ...(offset && errorBound
      ? [{ text: `Best estimate  ${formatOffset({ offset, errorBound })}` }]
      : []),
  ];
}

function formatServerRow(server: ComparedServer): string[] {
  const { url, exchanges, estimate, verdict } = server;
  if (estimate) return [...formatRow(server), verdict];
  const unknown = samplesHead.slice(2).map(() => "");
  return [escapeLine(url), ...unknown, countReplies(exchanges), verdict];
}

/** The verdict in sentences, without their full stops. */
function conclude(comparison: Comparison): StyledLine[] {
  const { servers, outcome, offset } = comparison;
  const silence = formatSilence(servers);
  const compared = countCompared(servers);
  const advice = offset
    ? ""
    : compared === 2
    ? ". Query three or more"
    : ": nothing can be decided";
  const line = (text: string, tone?: Tone): StyledLine => ({ text: escapeLine(text), tone });
  const verdict = outcome === "failed"
    ? [line("No server sent a time", "bad")]
    : outcome === "alone"
    ? [line("One server sent a time: there is nothing to compare it with", "odd")]
    : outcome === "agree"
    ? [line(formatAgreement(compared, silence.length > 0), "good")]
    : formatDisagreement(comparison).map((text) => line(`${text}${advice}`, "bad"));
  return [...verdict, ...(outcome === "failed" ? [] : silence.map((text) => line(text, "odd")))];
}

function formatAgreement(count: number, areSomeMissing: boolean): string {
  const all = count === 2 ? "Both" : `All ${count}`;
  return areSomeMissing ? `${all} that sent a time agree` : `${all} servers agree`;
}

function comparisonToJson(comparison: Comparison): Record<string, unknown> {
  const { servers, outcome, offset, errorBound } = comparison;
  return {
    schema: SCHEMA,
    outcome,
    ...(offset && { offset: toSeconds(offset) }),
    ...(errorBound && { error_bound: toSeconds(errorBound) }),
    servers: servers.map(comparedToJson),
  };
}

/** One row per server, each with the outcome of all. */
function comparisonToCsv({ servers, outcome }: Comparison): string {
  const objects = servers.map((server) => ({ ...comparedToJson(server), outcome }));
  return formatCsv(objects, sampleColumns(false, ["verdict", "deviation", "same_as", "outcome"]));
}
