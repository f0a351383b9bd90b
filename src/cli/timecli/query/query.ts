/** `timecli` without a subcommand: its command line, and one query per target, all at the same time. */
import { exchangeFields as exchangeOptions } from "../../../client/exchange.ts";
import { measure } from "../../../client/query.ts";
import { field, flag, whole } from "../../../options/field.ts";
import { pickOptions, readOptions } from "../../../options/read.ts";
import { parseTarget } from "../../../protocols/endpoint.ts";
import type { TimeReply } from "../../../protocols/registry.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { checkUrls, errorFormatter, exitCodeFor, UsageError } from "../../shared/errors.ts";
import { printProblems, writeText } from "../../shared/output.ts";
import { printTexts, tableWidth } from "../../shared/terminal.ts";
import {
  formatFields,
  intervalField,
  networkFields,
  networkOf,
  samplesField,
  targetOffers,
  timeoutField,
} from "../options.ts";
import { formatReply, formatTable, type Outcome } from "./report.ts";

/** Where `timesrv` listens without arguments. */
export const DEFAULT_TARGET = "asctime://127.0.0.1:8888";

const timeout = timeoutField("total time limit");

/** The options of one exchange per target. */
const exchangeFields = {
  timeout,
  retries: whole(0, 1000, {
    name: "retries",
    short: "r",
    syntax: "<count>",
    help: "retransmissions",
    default: "2",
  }),
};

/** The options of several. */
const sampleFields = {
  timeout,
  count: samplesField("send this many requests and combine the replies", { conflicts: ["bare"] }),
  interval: intervalField,
};

const groups = {
  "Query:": { ...exchangeFields, ...sampleFields, ...networkFields },
  "Output:": {
    ...formatFields(
      "print one JSON object per target",
      "print a header and one row per target (RFC 4180)",
    ),
    format: field(
      {
        name: "format",
        syntax: "<pattern>",
        help: "print the time alone, as in yyyy-MM-dd HH:mm:ss xxx",
        conflicts: ["json", "csv", "bare", "raw", "count"],
      },
      "a pattern",
      (given) => typeof given === "string" ? given : undefined,
    ),
    utc: flag({ name: "utc", help: "with --format: print UTC rather than local time" }),
    raw: flag({ name: "raw", help: "print all fields and timestamps of an NTP reply" }),
    bare: flag({
      name: "bare",
      short: "q",
      formerFlags: ["--quiet"],
      help: "print the time alone, as the server wrote it",
      conflicts: ["json", "csv"],
    }),
  },
} as const;

async function run({ values, positionals, sources }: Arguments<typeof groups>): Promise<number> {
  const { json = false, csv = false, raw = false, utc = false, format } = values;
  if (format === undefined && sources.get("utc") === "arguments") {
    throw new UsageError("--utc needs --format");
  }
  checkUrls(positionals);
  const network = await networkOf({ values, sources }, positionals);
  const hasRetries = sources.get("retries") === "arguments";
  // The environment gives way to the command line.
  if (values.count !== undefined && !(hasRetries && sources.get("count") === "environment")) {
    if (hasRetries) {
      throw new UsageError("--retries is not for --count, which sends no request again");
    }
    const { runSamples } = await import("../samples.ts");
    const options = { ...pickOptions(sampleFields, values), count: values.count, ...network };
    return await runSamples(positionals, options, { json, csv, raw });
  }
  if (sources.get("interval") === "arguments") throw new UsageError("--interval needs --count");
  const formatTime = format === undefined
    ? undefined
    : (await import("./time_format.ts")).timeFormatter(format, utc);
  const options = { ...pickOptions(exchangeFields, values), ...network };
  const settings = readOptions(exchangeOptions, options, "query");
  const targets = positionals.length > 0 ? positionals : [DEFAULT_TARGET];
  const outcomes = await Promise.all(targets.map(async (target): Promise<Outcome> => {
    try {
      const measured = await measure<TimeReply>(parseTarget(target), settings);
      const { reply, error } = measured;
      const formatted = reply && !error ? formatTime?.(reply) : undefined;
      return { target, ...measured, ...(formatted !== undefined && { formatted }) };
    } catch (error) {
      // It does not end the other queries.
      return { target, error };
    }
  }));
  return await printOutcomes(outcomes, values);
}

/** Prints replies and problems in the form that the options choose, and returns the exit code. */
async function printOutcomes(
  outcomes: readonly Outcome[],
  { json, csv = false, raw = false, bare, format }: Arguments<typeof groups>["values"],
): Promise<number> {
  const isTimeAlone = bare || format !== undefined;
  const isTable = outcomes.length > 1 && !json && !csv && !isTimeAlone;
  if (json || csv) {
    const { outcomeToJson, printObjects, replyColumns } = await import("./json.ts");
    const objects = outcomes.map((outcome) => outcomeToJson(outcome, raw));
    printObjects(objects, { csv, columns: replyColumns(raw) });
  } else if (isTimeAlone) {
    const times = outcomes.flatMap(({ reply, error, formatted }) =>
      formatted ?? (reply && error === undefined && bare ? reply.text : [])
    );
    writeText(Deno.stdout, times.map((time) => `${time}\n`).join(""));
  } else if (isTable) printTexts([formatTable(outcomes, tableWidth())]);
  else printTexts(outcomes.flatMap(({ reply }) => reply ? [formatReply(reply, raw)] : []));
  const formatProblem = errorFormatter();
  printProblems(outcomes.flatMap(({ reply, error }) => [
    // A table has it in its row.
    ...(isTable || error === undefined ? [] : [formatProblem(error)]),
    ...(reply?.warnings ?? []).map((warning) => `${reply?.url}: ${warning}`),
  ]));
  return exitCodeFor(outcomes.find(({ error }) => error !== undefined)?.error);
}

/** The command, without the texts of its help, which a query does not load. */
export const query = defineCommand({
  name: "timecli",
  description:
    "Queries time servers over UDP and prints their replies; several servers are queried " +
    "at the same time.",
  positionals: [{
    name: "targets",
    help: `servers to query: [PROTOCOL://]HOST[:PORT] (default: ${DEFAULT_TARGET})`,
    isRepeatable: true,
    offers: targetOffers,
  }],
  groups,
  notes: "",
  run,
});

/** Whether a command line can be nothing but a query: it has no word that may be a subcommand, and no `--help`. */
export function isQuery(args: readonly string[]): boolean {
  const others = ["-h", "--help", "-V", "--version"];
  return !args.some((arg) => /^[a-z]+$/.test(arg) || others.includes(arg));
}
