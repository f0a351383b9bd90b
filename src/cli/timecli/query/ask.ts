/** What `timecli` itself does: one exchange with each target, side by side. */
import { measure } from "../../../client/measure.ts";
import type { QueryOptions } from "../../../client/query.ts";
import { parseEndpoint } from "../../../protocols/endpoint.ts";
import type { TimeReply } from "../../../protocols/registry.ts";
import { describer, exitCodeOf } from "../../shared/exit_codes.ts";
import { escapeLine } from "../../../text/printable.ts";
import { printText, tableWidth } from "../../shared/print_text.ts";
import { jsonOf, type Outcome, tableOf, textOf } from "./report.ts";
import { checkUrls } from "../../shared/usage_error.ts";
import { writeText } from "../../shared/write_text.ts";

/** The server of this project where it listens by itself. */
export const DEFAULT_TARGET = "asctime://127.0.0.1:8888";

/** How to ask, and what to print of the replies; text for people without any of it. */
export interface AskOptions extends QueryOptions {
  /** Every field of an NTP reply too. */
  readonly raw?: boolean;
  /** A JSON object a target. */
  readonly json?: boolean;
  /** What writes a header and a row a target. */
  readonly csvOf?: (outcomes: readonly Outcome[], raw: boolean) => string;
  /** What writes the time alone. */
  readonly formatTime?: (reply: TimeReply) => string;
  /** The bare time. */
  readonly quiet?: boolean;
}

/**
 * Asks all targets at once and prints what they say.
 *
 * @param given The targets; this machine's own server if there is none
 * @returns The exit code
 * @throws {UsageError} If a target cannot be read
 */
export async function ask(given: readonly string[], options: AskOptions = {}): Promise<number> {
  const { raw = false, json, csvOf, formatTime, quiet, ...queryOptions } = options;
  const targets = given.length > 0 ? given : [DEFAULT_TARGET];
  checkUrls(targets);
  const outcomes = await Promise.all(
    targets.map((target) => askOne(target, queryOptions, formatTime)),
  );
  const isForPeople = !json && !csvOf && !formatTime && !quiet;
  const isTable = outcomes.length > 1 && isForPeople;
  const lines = json
    ? outcomes.map((outcome) => JSON.stringify(jsonOf(outcome, raw)))
    : csvOf
    ? [csvOf(outcomes, raw)]
    : formatTime
    ? outcomes.flatMap(({ formatted }) => formatted ?? [])
    : quiet
    ? outcomes.flatMap(({ reply, error }) => reply && error === undefined ? [reply.text] : [])
    : isTable
    ? [tableOf(outcomes, tableWidth())]
    : outcomes.flatMap(({ reply }) => reply ? [textOf(reply, raw)] : []);
  const describe = describer();
  const problems = outcomes.flatMap(({ reply, error }) => [
    // A table has told of it in its row.
    ...(isTable || error === undefined ? [] : [describe(error) ?? String(error)]),
    ...(reply?.warnings ?? []).map((warning) => escapeLine(`${reply?.url}: ${warning}`)),
  ]);
  for (const line of lines) {
    if (isForPeople) printText(line);
    else writeText(Deno.stdout, csvOf ? line : `${line}\n`);
  }
  for (const problem of problems) writeText(Deno.stderr, `timecli: ${problem}\n`);
  return exitCodeOf(outcomes.find(({ error }) => error !== undefined)?.error);
}

/** One exchange; a failure of one target does not end the others. */
async function askOne(
  target: string,
  options: QueryOptions,
  formatTime?: (reply: TimeReply) => string,
): Promise<Outcome> {
  try {
    const measured = await measure<TimeReply>(parseEndpoint(target), options);
    const { reply, error } = measured;
    const formatted = reply && !error ? formatTime?.(reply) : undefined;
    return { target, ...measured, ...(formatted !== undefined && { formatted }) };
  } catch (error) {
    return { target, error };
  }
}
