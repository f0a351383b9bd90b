/** What `timecli watch` prints where it has no terminal: a line an exchange, and one an event. */
import type { WatchEvent } from "../client/watch.ts";
import { csvHeader, csvRow } from "./csv.ts";
import { describe } from "./exit_codes.ts";
import { onOneLine } from "./one_line.ts";
import { jsonOf, SCHEMA } from "./report.ts";
import { layOutTable } from "./table.ts";
import { readableSeconds, signedSeconds } from "./units.ts";
import { describeNews, type WatchRecord } from "./watch_record.ts";

/** A form of lines. */
export interface LineFormat {
  /** What comes first, if anything does. */
  readonly head?: string;
  /** The line of an event, or undefined if it has none. */
  format(event: WatchEvent): string | undefined;
}

/** For people. */
export const textLines: LineFormat = {
  format(event): string {
    const { url, at } = event;
    const say = (text: string): string => `${utc(at)}  ${onOneLine(url)}  ${text}`;
    if (event.type !== "exchange") return say(describeNews(event, signedSeconds));
    const { reply, error } = event;
    if (error || !reply) return say(describe(error) ?? "");
    const roundTrip = readableSeconds(reply.roundTrip.total("seconds"));
    if (!("offset" in reply)) return say(`${onOneLine(reply.text)}  round trip ${roundTrip}`);
    const offset = signedSeconds(reply.offset.total("seconds"));
    const measured = `offset ${offset} ± ${readableSeconds(reply.errorBound.total("seconds"))}`;
    return say(
      reply.protocol === "ntp"
        ? `${measured}  delay ${
          readableSeconds(reply.delay.total("seconds"))
        }  stratum ${reply.stratum}`
        : `${measured}  round trip ${roundTrip}`,
    );
  },
};

/** A JSON object a line. */
export const jsonLines: LineFormat = {
  format(event): string {
    const { type, url, at } = event;
    const base = { schema: SCHEMA, event: type, at: at.toString() };
    switch (event.type) {
      case "exchange":
        return JSON.stringify({ ...base, ...jsonOf({ target: url, ...event }, false) });
      case "kiss":
        return JSON.stringify({ ...base, url, code: event.code, interval: event.interval ?? null });
      case "step":
        return JSON.stringify({
          ...base,
          url,
          step: event.step.total("seconds"),
          error_bound: event.errorBound.total("seconds"),
          clock: event.clock,
        });
      case "stratum":
      case "leap":
        return JSON.stringify({ ...base, url, from: event.from, to: event.to });
    }
  },
};

/** A row an exchange, as `timecli --csv` has it, with the time in front; RFC 4180 ends it by CR LF. */
export const csvLines: LineFormat = {
  head: `at,${csvHeader(false)}\r`,
  format(event): string | undefined {
    if (event.type !== "exchange") return undefined;
    return `${event.at},${csvRow({ target: event.url, ...event }, false)}\r`;
  },
};

/** Every server's figures over the whole time. */
export function summaryOf(records: readonly WatchRecord[]): string {
  const head = ["SERVER", "ASKED", "LOST", "", "MIN", "MEAN", "MAX", "STDDEV", "JITTER"];
  const rows = records.flatMap((record) => {
    const { url, asked, lost, offsets, delays } = record;
    const first = [url, String(asked), String(lost)];
    const figures = [
      ...(offsets.count > 0 ? [["offset", ...figuresOf(offsets, signedSeconds)]] : []),
      ...(delays.count > 0 ? [["delay", ...figuresOf(delays, readableSeconds)]] : []),
    ];
    if (figures.length === 0) return [first];
    return figures.map((cells, i) => [...(i === 0 ? first : ["", "", ""]), ...cells]);
  });
  return layOutTable([head, ...rows]);
}

/** Minimum, mean, maximum, standard deviation and jitter. */
export function figuresOf(
  { min, mean, max, standardDeviation, jitter }: WatchRecord["offsets"],
  format: (seconds: number) => string,
): string[] {
  const spread = [standardDeviation, jitter].map((value) =>
    Number.isNaN(value) ? "-" : readableSeconds(value)
  );
  return [format(min), format(mean), format(max), ...spread];
}

function utc(at: Temporal.Instant): string {
  return at.toString({ smallestUnit: "second" });
}
