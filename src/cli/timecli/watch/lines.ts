/** The output of `timecli watch` without a terminal: one line per exchange, and one per event. */
import { delayOf } from "../../../client/query.ts";
import type { WatchEvent } from "../../../client/watch.ts";
import { formatError } from "../../shared/errors.ts";
import { toSeconds } from "../../../text/duration.ts";
import { escapeLine } from "../../../text/printable.ts";
import { errorToJson, formatCsvRow, outcomeToJson, replyColumns, SCHEMA } from "../query/json.ts";
import { fitTable } from "../../../text/table.ts";
import { formatInstant, formatSeconds } from "../../../text/units.ts";
import { formatBounded, formatDuration, formatOffsetAlone, formatServer } from "../query/report.ts";
import { tableWidth } from "../../shared/terminal.ts";
import { disagreementOf } from "./record.ts";
import { formatFigures, formatSpread } from "./figures.ts";
import type { WatchNotice, WatchRecord } from "./record.ts";
import { formatJson } from "../../../text/json.ts";

export interface LineFormat {
  readonly head?: string;
  format(event: WatchEvent): string;
}

export const textLines: LineFormat = {
  format(event): string {
    const { url, at } = event;
    const from = event.type === "exchange" ? event.reply?.from : undefined;
    const server = from ? formatServer({ url, from }) : escapeLine(url);
    const line = (text: string): string => `${formatTime(at)}  ${server}  ${text}`;
    if (event.type !== "exchange") return line(formatNotice(event));
    const { reply, error } = event;
    if (error || !reply) return line(formatError(error));
    const measured = "offset" in reply ? `offset ${formatBounded(reply)}` : escapeLine(reply.text);
    const delay = formatDuration(delayOf(reply));
    if (reply.protocol !== "ntp") return line(`${measured}  round trip ${delay}`);
    const leap = reply.leap === "none" ? "" : `  leap ${reply.leap}`;
    return line(`${measured}  delay ${delay}  stratum ${reply.stratum}${leap}`);
  },
};

export function formatNotice(notice: WatchNotice): string {
  switch (notice.type) {
    case "kiss":
      return `KoD ${escapeLine(notice.code)}: ` +
        (notice.interval === undefined
          ? "no more requests to it"
          : `one request every ${toSeconds(notice.interval)} s from now on`);
    case "stratum":
      return `stratum ${notice.from} → ${notice.to}`;
    case "leap":
      return `leap indicator ${notice.from} → ${notice.to}`;
    case "step":
      return `offset step of ${formatOffsetAlone({ ...notice, offset: notice.step })}: ` +
        `${notice.clock === "local" ? "this machine's" : "its"} clock jumped`;
    case "gone":
      return `gone: ${formatError(notice.error)}`;
    case "back":
      return `back after ${formatDuration(notice.after)}`;
  }
}

/** Formats a time in UTC: requests may be a hundredth of a second apart. */
export function formatTime(at: Temporal.Instant): string {
  return at.toString({ smallestUnit: "millisecond" });
}

export const jsonLines: LineFormat = {
  format: (event): string => formatJson(eventToJson(event)),
};

function eventToJson(event: WatchEvent): Record<string, unknown> {
  const { type, url, at } = event;
  const base = { schema: SCHEMA, event: type, at: formatInstant(at) };
  return type === "exchange"
    ? { ...base, ...outcomeToJson({ target: url, ...event }, false) }
    : { ...base, url, ...noticeToJson(event) };
}

function noticeToJson(notice: WatchNotice): Record<string, unknown> {
  switch (notice.type) {
    case "kiss":
      return {
        code: notice.code,
        interval: notice.interval === undefined ? null : toSeconds(notice.interval),
      };
    case "step":
      return {
        step: toSeconds(notice.step),
        error_bound: toSeconds(notice.errorBound),
        clock: notice.clock,
      };
    case "stratum":
    case "leap":
      return { from: notice.from, to: notice.to };
    case "gone":
      return { error: errorToJson(notice.error) };
    case "back":
      return { after: toSeconds(notice.after) };
  }
}

/** The time, the columns of `timecli --csv`, and those of events. */
const columns = [
  "at",
  ...replyColumns(false),
  ...["event", "code", "interval", "from", "to", "step", "clock", "after"],
];

/** One row per exchange and event; RFC 4180 ends rows by CR LF. */
export const csvLines: LineFormat = {
  head: `${columns.join(",")}\r`,
  format: (event): string => `${formatCsvRow(eventToJson(event), columns)}\r`,
};

/** Formats the figures of every server over the whole time, one row each, and which of them is wrong. */
export function formatSummary(records: readonly WatchRecord[], width = tableWidth()): string {
  const hasBad = records.some(({ bad }) => bad > 0);
  const hasOffset = records.some(({ offsets }) => offsets.count > 0);
  const head = [
    ...["SERVER", "SENT", "LOST", ...(hasBad ? ["BAD"] : [])],
    ...(hasOffset ? ["OFFSET", "MIN", "MAX", "STDDEV", "JITTER"] : []),
    "DELAY",
  ];
  const rows = records.map(({ name, sent, lost, bad, offsets, delays, jitter, last }) => {
    if (sent === 0 && last?.error) return [name, formatError(last.error)];
    const [min = "", mean = "", max = "", deviation = ""] = offsets.count > 0
      ? formatFigures(offsets, { isSigned: true })
      : ["-", "-", "-", "-"];
    return [
      ...[name, ...[sent, lost, ...(hasBad ? [bad] : [])].map(String)],
      ...(hasOffset ? [mean, min, max, deviation, formatSpread(jitter)] : []),
      delays.count > 0 ? formatSeconds(delays.mean) : "-",
    ];
  });
  const expendable = ["MIN", "MAX", "STDDEV", "JITTER", "DELAY"];
  const verdict = disagreementOf(records).map(({ text }) => `${text}.`);
  const table = fitTable([head, ...rows], { width, expendable });
  return [table, ...(verdict.length > 0 ? ["", ...verdict] : [])].join("\n");
}
