/** The output of `timecli watch` without a terminal: one line per exchange, and one per event. */
import type { NtpReply } from "../../../protocols/reply.ts";
import type { WatchEvent } from "../../../client/watch.ts";
import { formatError } from "../../shared/format_error.ts";
import { toSeconds } from "../../../text/duration.ts";
import { escapeLine } from "../../../text/printable.ts";
import { formatCsvRow, replyColumns } from "../query/csv.ts";
import { errorToJson, outcomeToJson, SCHEMA } from "../query/json.ts";
import { layOutTable } from "../../../text/table.ts";
import {
  formatExactSeconds,
  formatInstant,
  formatSeconds,
  formatSignedSeconds,
} from "../../../text/units.ts";
import { figureNames, formatFigures, formatSpread } from "./figures.ts";
import type { WatchNotice, WatchRecord } from "./record.ts";
import { chooseBase } from "./value_axis.ts";
import { formatJson } from "../../../text/json.ts";

export interface LineFormat {
  readonly head?: string;
  format(event: WatchEvent): string;
}

export const textLines: LineFormat = {
  format(event): string {
    const { url, at } = event;
    const line = (text: string): string => `${formatTime(at)}  ${escapeLine(url)}  ${text}`;
    if (event.type !== "exchange") return line(formatNotice(event));
    const { reply, error } = event;
    if (error || !reply) return line(formatError(error));
    const roundTrip = formatSeconds(reply.roundTrip.total("seconds"));
    if (!("offset" in reply)) return line(`${escapeLine(reply.text)}  round trip ${roundTrip}`);
    const measured = `offset ${formatBounded(reply)}`;
    return line(
      reply.protocol === "ntp"
        ? `${measured}  delay ${
          formatSeconds(reply.delay.total("seconds"))
        }  stratum ${reply.stratum}`
        : `${measured}  round trip ${roundTrip}`,
    );
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
      return `offset step of ${formatSignedSeconds(notice.step.total("seconds"))}: ` +
        (notice.clock === "local" ? "this machine's clock jumped" : "its clock jumped");
    case "gone":
      return `gone: ${formatError(notice.error)}`;
    case "back":
      return `back after ${formatSeconds(notice.after.total("seconds"))}`;
  }
}

/** Formats an offset with the digits that its error bound leaves. */
function formatBounded({ offset, errorBound }: Pick<NtpReply, "offset" | "errorBound">): string {
  const [value, bound] = [offset.total("seconds"), errorBound.total("seconds")];
  return `${value < 0 ? "" : "+"}${formatExactSeconds(value, bound / 10)} ± ${
    formatSeconds(bound)
  }`;
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
        step: notice.step.total("seconds"),
        error_bound: notice.errorBound.total("seconds"),
        clock: notice.clock,
      };
    case "stratum":
    case "leap":
      return { from: notice.from, to: notice.to };
    case "gone":
      return { error: errorToJson(notice.error) };
    case "back":
      return { after: notice.after.total("seconds") };
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

/** Formats the figures of every server over the whole time, in 80 columns, and the jitter of its latest replies. */
export function formatSummary(records: readonly WatchRecord[]): string {
  const rows = records.map(rowsOf);
  const names = [...figureNames, "jitter"].map((name) => name.toUpperCase());
  const table = layOutTable([["", ...names], ...rows.flat()]).split("\n").map((row) => `  ${row}`);
  const [head = "", ...lines] = table;
  const blocks = records.map(({ url, sent, lost, bad, offsets }, i) => {
    const base = chooseBase(offsets.min, offsets.max);
    return [
      `${url}: ${sent} sent, ${lost} lost, ${bad} bad`,
      ...(base ? [`  offset from ${base.text}:`] : []),
      ...lines.splice(0, rows[i]?.length),
    ];
  });
  return [...(rows.flat().length > 0 ? [head] : []), ...blocks.flat()].join("\n");
}

/** The rows of offset and delay. */
function rowsOf({ offsets, delays, jitter }: WatchRecord): string[][] {
  const base = chooseBase(offsets.min, offsets.max);
  const ofOffset = offsets.count > 0 ? formatFigures(offsets, { isSigned: true, base }) : [];
  const ofDelay = delays.count > 0 ? formatFigures(delays, { isSigned: false }) : [];
  return [
    ...(ofOffset.length > 0 ? [["offset", ...ofOffset, formatSpread(jitter)]] : []),
    ...(ofDelay.length > 0 ? [["delay", ...ofDelay, ""]] : []),
  ];
}
