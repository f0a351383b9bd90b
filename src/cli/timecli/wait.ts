/** `timecli wait`: its command line, turned into options and handed to `wait()`. */
import { parseMeasurable } from "../../client/query.ts";
import { type AwaitedServer, wait, type WaitResult } from "../../client/wait.ts";
import { duration, flag } from "../../options/field.ts";
import { QueryError } from "../../protocols/failure.ts";
import { readSeconds, toSeconds } from "../../text/duration.ts";
import { escapeLine } from "../../text/printable.ts";
import { formatSeconds } from "../../text/units.ts";
import { type Arguments, defineCommand } from "../shared/command.ts";
import { checkUrls, errorFormatter, queryExitCodes } from "../shared/errors.ts";
import { printJson, writeProblem } from "../shared/output.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { printTexts } from "../shared/terminal.ts";
import { jsonField, networkFields, networkOf, serversArgument, timeoutField } from "./options.ts";
import { formatBounded, formatDuration } from "./query/report.ts";

/** The library's default, which the messages name. */
const DEFAULT_WITHIN = "50ms";

const groups = {
  "Query:": {
    within: duration("1ms", "1d", {
      name: "within",
      help: "maximum error of the clock",
      default: DEFAULT_WITHIN,
    }),
    timeout: timeoutField("total time limit", "1d", "60s"),
    ...networkFields,
  },
  "Output:": {
    quiet: flag({ name: "quiet", short: "q", help: "print errors only" }),
    json: { ...jsonField, conflicts: ["quiet"] },
  },
} as const;

const NOTES = `
Examples:
  timecli wait a.example b.example c.example && start-the-database
  timecli wait ntp://time.example --within 250ms --timeout 5m
`;

export const command = defineCommand({
  name: "wait",
  description: "Waits until this machine's clock agrees with time servers.",
  positionals: [serversArgument],
  groups,
  notes: NOTES,
  hint:
    `Exit codes: 0 the clock agrees with most servers, ${queryExitCodes.timeout} it does not in ` +
    "time, 2 wrong command line, 1 other failures.",
  run,
});

async function run(
  { values, positionals: urls, sources }: Arguments<typeof groups>,
): Promise<number> {
  const { within = DEFAULT_WITHIN, timeout, quiet = false } = values;
  checkUrls(urls, parseMeasurable);
  const network = await networkOf({ values, sources }, urls);
  const limit = formatSeconds(readSeconds(within)).replace(/\.0+ /, " ");
  const formatProblem = errorFormatter();
  const signal = stopSignal();
  const onChange = (server: AwaitedServer): void => {
    const result = formatReply(server, limit) ?? formatProblem(server.error);
    writeProblem(`${escapeLine(`${server.url}: ${result}`)}\n`);
  };
  const result = await wait(urls, {
    ...{ within, signal, ...network, ...(timeout !== undefined && { timeout }) },
    ...(!quiet && { onChange }),
  }).catch((error) => {
    throw error === signal.reason ? new Error("Stopped before the clock agreed") : error;
  });
  if (values.json) printJson([await resultToJson(result)]);
  if (result.agreed) {
    if (!quiet && !values.json) printTexts([formatAgreement(result, limit)]);
    return 0;
  }
  writeProblem(`timecli: ${formatTimeout(result, limit)}\n`);
  return queryExitCodes.timeout;
}

async function resultToJson({ agreed, elapsed, servers }: WaitResult): Promise<unknown> {
  const { outcomeToJson, SCHEMA } = await import("./query/json.ts");
  return {
    ...{ schema: SCHEMA, agreed, elapsed: toSeconds(elapsed) },
    servers: servers.map(({ url, agreement, reply, error }) => {
      const failure = error ?? (reply ? undefined : new QueryError("timeout", "No reply yet"));
      const outcome = { target: url, ...(reply && { reply }), ...(failure && { error: failure }) };
      return { ...outcomeToJson(outcome, false), agreement };
    }),
  };
}

/** Formats the last reply of a server, if it can be trusted. */
function formatReply(
  { reply, error, agreement }: AwaitedServer,
  limit: string,
): string | undefined {
  if (!reply || error) return undefined;
  return `${formatBounded(reply)}, ${meanings[agreement]} ${limit}`;
}

const meanings = {
  within: "within",
  uncertain: "perhaps within",
  beyond: "not within",
  unknown: "unknown within",
} as const;

function formatAgreement({ servers, elapsed }: WaitResult, limit: string): string {
  const agreeing = servers.length === 1
    ? "the server"
    : `${countAgreeing(servers)} of ${servers.length} servers`;
  return `The clock is within ${limit} of ${agreeing} after ${formatDuration(elapsed)}`;
}

function formatTimeout({ servers, elapsed }: WaitResult, limit: string): string {
  const found = servers.length === 1
    ? `the clock is not known to be within ${limit} of the server`
    : `the clock is known to be within ${limit} of ${countAgreeing(servers)} of ` +
      `${servers.length} servers, ${Math.floor(servers.length / 2) + 1} are needed`;
  return `Gave up after ${formatDuration(elapsed)}: ${found}`;
}

function countAgreeing(servers: readonly AwaitedServer[]): number {
  return servers.filter(({ agreement }) => agreement === "within").length;
}
