/** What `timecli` prints of a reply: lines for people, a table, or JSON with documented keys. */
import { QueryError } from "../../../protocols/failure.ts";
import type { NtpReply, SecondsReply, TimeReply } from "../../../protocols/reply.ts";
import { formatAddress, formatEndpoint, parseEndpoint } from "../../../protocols/endpoint.ts";
import { toInstant } from "../../../protocols/ntp/timestamp.ts";
import { describe } from "../../shared/exit_codes.ts";
import { escapeLine } from "../../../text/printable.ts";
import { fitTable, layOutTable } from "../../../text/table.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";

/** How one target was answered: a reply, or an error, or both where the reply is not fit to trust. */
export interface Outcome {
  /** The target as the user wrote it. */
  readonly target: string;
  /** What came. */
  readonly reply?: TimeReply;
  /** What is wrong. */
  readonly error?: unknown;
  /** The time by the user's own pattern, if there is one. */
  readonly formatted?: string;
}

/** One reply for people. */
export function textOf(reply: TimeReply, raw: boolean): string {
  switch (reply.protocol) {
    case "asctime":
    case "daytime":
      return `Reply from time server: ${reply.text}`;
    case "time":
      return labelled(secondsLines(reply));
    case "ntp":
      return labelled([...ntpLines(reply), ...(raw ? rawLines(reply) : [])]);
  }
}

/** What is printed in a line. */
export type Line = readonly [label: string, value: string];

function labelled(lines: readonly Line[]): string {
  return layOutTable(lines);
}

function secondsLines(reply: SecondsReply): Line[] {
  return [
    ["Server", serverOf(reply)],
    ["Time", localTime(reply.time, 0)],
    ["Offset", offsetOf(reply)],
    ["Round trip", readable(reply.roundTrip)],
  ];
}

function ntpLines(reply: NtpReply): Line[] {
  const measured: Line[] = !reply.hasTime ? [] : [
    ["Time", localTime(reply.time, 6)],
    ["Offset", offsetOf(reply)],
    ["Delay", readable(reply.delay)],
  ];
  const distance: Line[] = !reply.hasTime ? [] : [["Root distance", readable(reply.rootDistance)]];
  return [
    ["Server", serverOf(reply)],
    ...measured,
    ["Stratum", String(reply.stratum)],
    ["Reference", describeReference(reply)],
    ["Leap second", reply.leap],
    ...distance,
  ];
}

/** Every field of a reply, and the four timestamps. */
export function rawLines(reply: NtpReply): Line[] {
  const { packet } = reply;
  const { t2, t3 } = serverTimes(reply);
  const pivot = reply.receivedAt;
  return [
    ["T1 request sent", exact(reply.sentAt)],
    ...(t2 ? [["T2 received there", exact(t2)] as const] : []),
    ...(t3 ? [["T3 reply sent", exact(t3)] as const] : []),
    ["T4 received here", exact(reply.receivedAt)],
    ["Version", String(packet.version)],
    ["Mode", String(packet.mode)],
    ["Poll", `${packet.poll} (${formatSeconds(2 ** packet.poll)})`],
    ["Precision", `${packet.precision} (${formatSeconds(2 ** packet.precision)})`],
    ["Root delay", formatSeconds(packet.rootDelay)],
    ["Root dispersion", formatSeconds(packet.rootDispersion)],
    ["Reference id", hex(packet.referenceId)],
    [
      "Reference time",
      packet.referenceTimestamp === 0n
        ? "never"
        : exact(toInstant(packet.referenceTimestamp, pivot)),
    ],
    ["Origin timestamp", hex(packet.originTimestamp)],
    ["Receive timestamp", hex(packet.receiveTimestamp)],
    ["Transmit timestamp", hex(packet.transmitTimestamp)],
  ];
}

/** T2 and T3, each where it is one: a kiss has mostly the request's random bits there. */
function serverTimes(
  { packet, stratum, serverReceivedAt: t2, serverSentAt: t3 }: NtpReply,
): { readonly t2?: Temporal.Instant; readonly t3?: Temporal.Instant } {
  const { receiveTimestamp, transmitTimestamp } = packet;
  if (stratum === 0) return {};
  return { ...(receiveTimestamp !== 0n && { t2 }), ...(transmitTimestamp !== 0n && { t3 }) };
}

/** A reply's URL, and the address behind its name. */
export function serverOf({ url, from }: TimeReply): string {
  const address = formatAddress(from);
  return url.endsWith(`//${address}`) ? url : `${escapeLine(url)} (${address})`;
}

/** The offset with its bound, and what its sign means. */
export function offsetOf({ offset, errorBound }: Pick<NtpReply, "offset" | "errorBound">): string {
  const meaning = Temporal.Duration.compare(offset.abs(), errorBound) <= 0
    ? "no difference can be told"
    : `this clock is ${offset.sign > 0 ? "behind" : "ahead"}`;
  return `${formatSignedSeconds(seconds(offset))} ± ${readable(errorBound)}: ${meaning}`;
}

/** What the server's own time comes from, by the kind of its reference id (RFC 5905 §7.3). */
export function describeReference({ referenceId, stratum }: NtpReply): string {
  if (stratum === 0) return referenceId === "" ? "none" : `${referenceId} (kiss code)`;
  if (stratum === 1) return `${referenceId} (reference clock)`;
  if (referenceId.startsWith("127.127.")) return `${referenceId} (its own clock)`;
  return `${referenceId} (IPv4 address, or hash of an IPv6 one)`;
}

/** A time on this machine's wall clock, with its offset from UTC. */
function localTime(instant: Temporal.Instant, digits: 0 | 6): string {
  const minutes = -new Date(instant.epochMilliseconds).getTimezoneOffset();
  const zone = instant.toZonedDateTimeISO("UTC").add({ minutes });
  const text = zone.toPlainDateTime().toString({ fractionalSecondDigits: digits });
  const sign = minutes < 0 ? "-" : "+";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${text.replace("T", " ")} ${sign}${two(hours)}${two(rest)}`;
}

/** Of docs/timecli.schema.json; a key that is renamed, removed or read otherwise makes it another. */
export const SCHEMA = 1;

/** The JSON object of one outcome; times in ISO 8601, durations in seconds. */
export function jsonOf({ target, reply, error }: Outcome, raw: boolean): Record<string, unknown> {
  return {
    schema: SCHEMA,
    url: reply?.url ?? normalized(target),
    ...(reply && {
      protocol: reply.protocol,
      address: reply.from.hostname,
      port: reply.from.port,
      ...(reply.hasTime && { text: reply.text, time: reply.time.toString() }),
      ...("utcOffset" in reply && { utc_offset: reply.utcOffset }),
      received: reply.receivedAt.toString(),
      round_trip: seconds(reply.roundTrip),
      ...("offset" in reply && reply.hasTime && {
        offset: seconds(reply.offset),
        error_bound: seconds(reply.errorBound),
      }),
      ...(reply.protocol === "ntp" && ntpJson(reply, raw)),
      ...(reply.warnings.length > 0 && { warnings: reply.warnings }),
    }),
    ...(error !== undefined && { error: errorJson(error) }),
  };
}

/** The URL of a target, its port given; as it was written if it is none. */
function normalized(target: string): string {
  try {
    return formatEndpoint(parseEndpoint(target));
  } catch {
    return target;
  }
}

/** What went wrong, as a JSON object. */
export function errorJson(error: unknown): Record<string, unknown> {
  return {
    reason: error instanceof QueryError ? error.reason : "failed",
    message: describe(error),
  };
}

function ntpJson(reply: NtpReply, raw: boolean): Record<string, unknown> {
  return {
    ...(reply.hasTime && {
      delay: seconds(reply.delay),
      root_distance: seconds(reply.rootDistance),
    }),
    stratum: reply.stratum,
    reference_id: reply.referenceId,
    leap: reply.leap,
    ...(raw && rawJson(reply)),
  };
}

function rawJson(reply: NtpReply): Record<string, unknown> {
  const { packet } = reply;
  const { t2, t3 } = serverTimes(reply);
  return {
    t1: reply.sentAt.toString(),
    ...(t2 && { t2: t2.toString() }),
    ...(t3 && { t3: t3.toString() }),
    t4: reply.receivedAt.toString(),
    version: packet.version,
    mode: packet.mode,
    poll: packet.poll,
    precision: packet.precision,
    root_delay: packet.rootDelay,
    root_dispersion: packet.rootDispersion,
    reference_id_hex: hex(packet.referenceId),
    reference_timestamp: hex(packet.referenceTimestamp),
    origin_timestamp: hex(packet.originTimestamp),
    receive_timestamp: hex(packet.receiveTimestamp),
    transmit_timestamp: hex(packet.transmitTimestamp),
  };
}

/**
 * Several outcomes side by side; a row that failed says why.
 *
 * @param width How wide it may be
 */
export function tableOf(outcomes: readonly Outcome[], width: number = Infinity): string {
  const head = ["SERVER", "TIME", "OFFSET", "BOUND", "DELAY", "STRATUM", "REFERENCE", "LEAP"];
  return fitTable([head, ...outcomes.map(rowOf)], {
    width,
    expendable: ["LEAP", "REFERENCE", "STRATUM", "DELAY"],
  });
}

function rowOf({ target: written, reply, error }: Outcome): string[] {
  const target = escapeLine(written);
  if (error !== undefined || !reply) return [target, describe(error) ?? String(error)];
  if (reply.protocol === "ntp") {
    return [
      target,
      localTime(reply.time, 0),
      formatSignedSeconds(seconds(reply.offset)),
      readable(reply.errorBound),
      readable(reply.delay),
      String(reply.stratum),
      reply.referenceId,
      reply.leap,
    ];
  }
  if (reply.protocol === "time") {
    const [offset, bound] = [
      formatSignedSeconds(seconds(reply.offset)),
      readable(reply.errorBound),
    ];
    return [target, localTime(reply.time, 0), offset, bound, readable(reply.roundTrip)];
  }
  return [target, reply.text, "", "", readable(reply.roundTrip)];
}

function seconds(duration: Temporal.Duration): number {
  return duration.total("seconds");
}

function readable(duration: Temporal.Duration): string {
  return formatSeconds(seconds(duration));
}

function exact(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 9 });
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16).padStart(typeof value === "bigint" ? 16 : 8, "0")}`;
}
