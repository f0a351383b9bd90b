import type { NtpReply, TextReply } from "../../../../src/protocols/reply.ts";
import { QueryError, type QueryFailure } from "../../../../src/protocols/failure.ts";
import { WatchRecord } from "../../../../src/cli/timecli/watch/record.ts";
import type { WatchEvent } from "../../../../src/client/watch.ts";

/** The server of the events below. */
export const url = "ntp://192.0.2.1:123";

/** The time of the first event, in milliseconds since the Unix epoch. */
export const startMs = Date.UTC(2026, 10, 22, 20);

function duration(seconds: number): Temporal.Duration {
  return Temporal.Duration.from({ nanoseconds: Math.round(seconds * 1e9) });
}

function base(second: number): { url: string; at: Temporal.Instant; sentAt: Temporal.Instant } {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.round(startMs + second * 1000));
  return { url, at, sentAt: at };
}

/** An exchange with an offset and a delay, in seconds. */
export function measured(second: number, offset: number, delay: number): WatchEvent {
  const { at } = base(second);
  const reply = {
    protocol: "ntp",
    url,
    text: at.toString(),
    time: at,
    from: { transport: "udp", hostname: "192.0.2.1", port: 123 },
    sentAt: at,
    receivedAt: at,
    roundTrip: duration(delay),
    hasTime: true,
    warnings: [],
    offset: duration(offset),
    delay: duration(delay),
    errorBound: duration(delay / 2),
    rootDistance: duration(0.01),
    stratum: 2,
    referenceId: "192.0.2.2",
    leap: "none",
  } as unknown as NtpReply;
  return { type: "exchange", reply, ...base(second) };
}

/** The same exchange with a server of another address. */
export function from(hostname: string, event: WatchEvent): WatchEvent {
  if (event.type !== "exchange" || !event.reply) return event;
  return { ...event, reply: { ...event.reply, from: { ...event.reply.from, hostname } } };
}

/** An exchange with a line of text. */
export function textReply(second: number, text: string, delay: number): WatchEvent {
  const { at } = base(second);
  const reply: TextReply = {
    protocol: "daytime",
    url,
    text,
    time: Temporal.PlainDateTime.from("2026-11-22T20:00:00"),
    from: { transport: "udp", hostname: "192.0.2.1", port: 123 },
    sentAt: at,
    receivedAt: at,
    roundTrip: duration(delay),
    hasTime: true,
    warnings: [],
  };
  return { type: "exchange", reply, ...base(second) };
}

/** The record of a server with some events. */
export function recordOf(name: string, events: readonly WatchEvent[]): WatchRecord {
  const record = new WatchRecord(name);
  for (const event of events) record.add(event);
  return record;
}

const silence = new QueryError("timeout", "No reply from 192.0.2.1:123 within 2 s");

/** An exchange without a reply. */
export function lost(second: number): WatchEvent {
  return { type: "exchange", error: silence, ...base(second) };
}

/** An exchange without a usable time. */
export function bad(second: number, reason: QueryFailure): WatchEvent {
  const error = new QueryError(reason, "It is no good");
  return { type: "exchange", error, ...base(second) };
}

/** One of each kind of event that is not an exchange. */
export const notices: readonly WatchEvent[] = [
  { type: "kiss", code: "RATE", interval: Temporal.Duration.from({ seconds: 4 }), ...base(1) },
  { type: "kiss", code: "DENY", interval: undefined, ...base(2) },
  { type: "stratum", from: 2, to: 3, ...base(3) },
  { type: "leap", from: "none", to: "insert", ...base(4) },
  {
    type: "step",
    step: duration(-0.25),
    errorBound: duration(0.001),
    clock: "server",
    since: base(5).at,
    ...base(5),
  },
  { type: "gone", error: silence, ...base(6) },
  { type: "back", after: duration(34.5), ...base(7) },
];
