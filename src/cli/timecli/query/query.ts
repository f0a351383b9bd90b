/** `timecli` without a subcommand: one query per target, all at the same time. */
import { exchangeFields } from "../../../client/exchange.ts";
import { measure, type QueryOptions } from "../../../client/query.ts";
import { readOptions } from "../../../options/read.ts";
import { parseTarget } from "../../../protocols/endpoint.ts";
import type { TimeReply } from "../../../protocols/registry.ts";
import { checkUrls, errorFormatter, exitCodeFor } from "../../shared/errors.ts";
import { printJson, printProblems, writeText } from "../../shared/output.ts";
import { printTexts, tableWidth } from "../../shared/terminal.ts";
import { formatReply, formatTable, type Outcome } from "./report.ts";

/** Where `timesrv` listens without arguments. */
export const DEFAULT_TARGET = "asctime://127.0.0.1:8888";

/** How to query, and the form of the output: without any of it, text for people. */
export interface QueryTargetsOptions extends QueryOptions {
  readonly raw: boolean;
  readonly json: boolean;
  readonly csv: boolean;
  readonly formatTime?: (reply: TimeReply) => string;
  readonly bare: boolean;
}

/** Queries targets, or else the server on this machine, prints their replies and returns the exit code. */
export async function queryTargets(
  given: readonly string[],
  { raw, json, csv, formatTime, bare, ...options }: QueryTargetsOptions,
): Promise<number> {
  const targets = given.length > 0 ? given : [DEFAULT_TARGET];
  checkUrls(targets);
  const outcomes = await Promise.all(
    targets.map((target) => queryTarget(target, options, formatTime)),
  );
  const isTable = outcomes.length > 1 && !json && !csv && !formatTime && !bare;
  if (json || csv) {
    const { outcomeToJson } = await import("./json.ts");
    const objects = outcomes.map((outcome) => outcomeToJson(outcome, raw));
    if (json) printJson(objects);
    else {
      const { formatCsv, replyColumns } = await import("./csv.ts");
      writeText(Deno.stdout, formatCsv(objects, replyColumns(raw)));
    }
  } else if (formatTime || bare) {
    const times = outcomes.flatMap(({ reply, error, formatted }) =>
      formatted ?? (reply && error === undefined && bare ? reply.text : [])
    );
    writeText(Deno.stdout, times.map((time) => `${time}\n`).join(""));
  } else if (isTable) printTexts([formatTable(outcomes, tableWidth())]);
  else printTexts(outcomes.flatMap(({ reply }) => reply ? [formatReply(reply, raw)] : []));
  const format = errorFormatter();
  printProblems(outcomes.flatMap(({ reply, error }) => [
    // A table has it in its row.
    ...(isTable || error === undefined ? [] : [format(error)]),
    ...(reply?.warnings ?? []).map((warning) => `${reply?.url}: ${warning}`),
  ]));
  return exitCodeFor(outcomes.find(({ error }) => error !== undefined)?.error);
}

/** Queries one target; its failure does not end the others. */
async function queryTarget(
  target: string,
  options: QueryOptions,
  formatTime?: (reply: TimeReply) => string,
): Promise<Outcome> {
  try {
    const settings = readOptions(exchangeFields, options, "query");
    const measured = await measure<TimeReply>(parseTarget(target), settings);
    const { reply, error } = measured;
    const formatted = reply && !error ? formatTime?.(reply) : undefined;
    return { target, ...measured, ...(formatted !== undefined && { formatted }) };
  } catch (error) {
    return { target, error };
  }
}
