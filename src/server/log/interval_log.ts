import { passed, seconds, type TimedFields } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import type { TimeSpan } from "../../text/duration.ts";
import { systemTimers, type Timers } from "../../system/time.ts";
import type { Totals } from "../../transports/counters.ts";
import type { ServerLog } from "./log.ts";
import type { Server } from "../serve_options.ts";

/** Options for {@linkcode logIntervals}. */
export interface LogIntervalsOptions {
  /** The log to write to, whatever its level. */
  readonly log: Pick<ServerLog, "interval">;
  /** The time from one line to the next, 1 ms to 7 days. */
  readonly interval: TimeSpan;
  /** The timers of the interval; by default this machine's. */
  readonly timers?: Timers;
}

const fields: TimedFields<LogIntervalsOptions> = {
  log: passed(),
  interval: seconds("1ms", "7d"),
  timers: passed(),
};

/**
 * Logs a server's totals since the previous line at regular intervals.
 *
 * @param server The server
 * @returns A handle whose disposal ends it; it also ends with the server
 * @throws {RangeError} If the interval is out of range
 *
 * @example
 * ```ts
 * import { logIntervals, serve, ServerLog } from "@timesrv/timesrv";
 *
 * const log = new ServerLog({ sink: Deno.stderr, level: "quiet" });
 * await using server = await serve("ntp://127.0.0.1:0", { log });
 * using _figures = logIntervals(server, { log, interval: "1m" });
 * ```
 */
export function logIntervals(
  server: Pick<Server, "totals" | "finished">,
  options: LogIntervalsOptions,
): Disposable {
  const { log, timers = systemTimers } = options;
  const { interval = NaN } = readOptions(fields, options, "logIntervals");
  let before = server.totals;
  let beforeMs = timers.monotonicMs();
  const lines = timers.every(interval * 1000, () => {
    const [totals, nowMs] = [server.totals, timers.monotonicMs()];
    log.interval(difference(totals, before), (nowMs - beforeMs) / 1000);
    [before, beforeMs] = [totals, nowMs];
  });
  void server.finished.then(() => lines[Symbol.dispose]());
  return lines;
}

function difference(now: Totals, before: Totals): Totals {
  const { refused, ...counters } = now;
  return { ...subtract(counters, before), refused: subtract(refused, before.refused) };
}

function subtract<Key extends string>(
  now: Readonly<Record<Key, number>>,
  before: Readonly<Record<NoInfer<Key>, number>>,
): Record<Key, number> {
  const keys = Object.keys(now) as Key[];
  return Object.fromEntries(keys.map((key) => [key, now[key] - before[key]])) as Record<
    Key,
    number
  >;
}
