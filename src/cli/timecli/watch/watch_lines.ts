/** What `timecli watch` prints where it has no terminal: a line an exchange, and one an event. */
import type { NtpReply } from "../../../protocols/reply.ts";
import type { WatchEvent } from "../../../client/watch.ts";
import { cell, csvHeader, csvRow } from "../../shared/csv.ts";
import { describe } from "../../shared/exit_codes.ts";
import { escapeLine } from "../../../text/printable.ts";
import { errorJson, jsonOf, SCHEMA } from "../query/report.ts";
import { layOutTable } from "../../../text/table.ts";
import { formatExactSeconds, formatSeconds } from "../../../text/units.ts";
import { baseOf } from "./value_axis.ts";
import { figureNames, figuresOf } from "./watch_figures.ts";
import { describeNews, type WatchNews } from "./watch_news.ts";
import type { WatchRecord } from "./watch_record.ts";

/** A form of lines. */
export interface LineFormat {
  /** What comes first, if anything does. */
  readonly head?: string;
  /** The line of an event. */
  format(event: WatchEvent): string;
}

/** For people. */
export const textLines: LineFormat = {
  format(event): string {
    const { url, at } = event;
    const say = (text: string): string => `${stamp(at)}  ${escapeLine(url)}  ${text}`;
    if (event.type !== "exchange") return say(describeNews(event));
    const { reply, error } = event;
    if (error || !reply) return say(describe(error) ?? "");
    const roundTrip = formatSeconds(reply.roundTrip.total("seconds"));
    if (!("offset" in reply)) return say(`${escapeLine(reply.text)}  round trip ${roundTrip}`);
    const measured = `offset ${boundedOffset(reply)}`;
    return say(
      reply.protocol === "ntp"
        ? `${measured}  delay ${
          formatSeconds(reply.delay.total("seconds"))
        }  stratum ${reply.stratum}`
        : `${measured}  round trip ${roundTrip}`,
    );
  },
};

/** With the digits that the bound leaves. */
function boundedOffset({ offset, errorBound }: Pick<NtpReply, "offset" | "errorBound">): string {
  const [value, bound] = [offset.total("seconds"), errorBound.total("seconds")];
  return `${value < 0 ? "" : "+"}${formatExactSeconds(value, bound / 10)} ± ${
    formatSeconds(bound)
  }`;
}

/** A moment in UTC, as lines for people have it: requests may be a hundredth of a second apart. */
export function stamp(at: Temporal.Instant): string {
  return at.toString({ smallestUnit: "millisecond" });
}

/** A JSON object a line. */
export const jsonLines: LineFormat = {
  format(event): string {
    const { type, url, at } = event;
    const base = { schema: SCHEMA, event: type, at: at.toString() };
    const more = type === "exchange"
      ? jsonOf({ target: url, ...event }, false)
      : { url, ...newsJson(event) };
    return JSON.stringify({ ...base, ...more });
  },
};

function newsJson(news: WatchNews): Record<string, unknown> {
  switch (news.type) {
    case "kiss":
      return { code: news.code, interval: news.interval ?? null };
    case "step":
      return {
        step: news.step.total("seconds"),
        error_bound: news.errorBound.total("seconds"),
        clock: news.clock,
      };
    case "stratum":
    case "leap":
      return { from: news.from, to: news.to };
    case "gone":
      return { error: errorJson(news.error) };
    case "back":
      return { after: news.after.total("seconds") };
  }
}

/** Columns behind those of `timecli --csv`, with the names that JSON lines have. */
const newsColumns = ["event", "code", "interval", "from", "to", "step", "clock", "after"];

/**
 * A row an exchange, as `timecli --csv` has it, with the time in front, and a row of the same columns
 * an event; RFC 4180 ends them by CR LF.
 */
export const csvLines: LineFormat = {
  head: `at,${csvHeader(false)},${newsColumns.join(",")}\r`,
  format(event): string {
    const { type, url, at } = event;
    if (type === "exchange") {
      const empty = ",".repeat(newsColumns.length - 1);
      return `${at},${csvRow({ target: url, ...event }, false)},${type}${empty}\r`;
    }
    const { error, ...more } = newsJson(event);
    const { reason, message } = (error ?? {}) as Record<string, unknown>;
    const values: Record<string, unknown> = {
      ...{ at, url, event: type, ...more },
      ...{ error_reason: reason, error_message: message },
    };
    const names = ["at", ...csvHeader(false).split(","), ...newsColumns];
    return `${names.map((name) => cell(values[name])).join(",")}\r`;
  },
};

const summaryHead = [
  ["SERVER", "ASKED", "LOST", "BAD"],
  ["", ...figureNames.map((name) => name.toUpperCase())],
];

/** Every server's figures over the whole time, in 80 columns. */
export function summaryOf(records: readonly WatchRecord[]): string {
  const counts = records.map((
    { url, asked, lost, bad },
  ) => [url, ...[asked, lost, bad].map(String)]);
  const [head = "", ...servers] = layOutTable([summaryHead[0] ?? [], ...counts]).split("\n");
  const figures = records.map(figureRowsOf);
  const rows = [summaryHead[1] ?? [], ...figures.flatMap(({ rows }) => rows)];
  const [figureHead = "", ...figureLines] = layOutTable(rows).split("\n").map((row) => `  ${row}`);
  const blocks = servers.map((server, i) => {
    const { rows, from } = figures[i] ?? { rows: [] };
    return [server, ...(from ? [from] : []), ...figureLines.splice(0, rows.length)];
  });
  return [head, ...(rows.length > 1 ? [figureHead] : []), ...blocks.flat()].join("\n");
}

/** Offset and delay, and what the offset is told from, if that is not 0. */
function figureRowsOf({ offsets, delays }: WatchRecord): { rows: string[][]; from?: string } {
  const base = baseOf(offsets.min, offsets.max);
  const rows = [
    ...(offsets.count > 0 ? [["offset", ...figuresOf(offsets, { isSigned: true, base })]] : []),
    ...(delays.count > 0 ? [["delay", ...figuresOf(delays, { isSigned: false })]] : []),
  ];
  return { rows, ...(base && { from: `  offset from ${base.text}:` }) };
}
