/** What `timecli` prints of a reply: lines for people, a table, or JSON with documented keys. */
import { QueryError } from "../../../protocols/failure.ts";
import { serverTimes } from "../../../protocols/ntp/client.ts";
import { formatHex } from "../../../protocols/ntp/protocol.ts";
import type { ProtocolRecord } from "../../../protocols/protocol.ts";
import { protocols, type TimeReply } from "../../../protocols/registry.ts";
import type { NtpReply, SecondsReply } from "../../../protocols/reply.ts";
import { formatAddress, formatEndpoint, parseEndpoint } from "../../../protocols/endpoint.ts";
import { toInstant } from "../../../protocols/ntp/timestamp.ts";
import { describe } from "../../shared/exit_codes.ts";
import { escapeLine } from "../../../text/printable.ts";
import { fitTable, layOutTable } from "../../../text/table.ts";
import { formatInstant, formatSeconds, formatSignedSeconds } from "../../../text/units.ts";

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
  if ("packet" in reply) {
    return layOutTable([...ntpLines(reply), ...(raw ? rawLines(reply) : [])]);
  }
  if ("offset" in reply) return layOutTable(secondsLines(reply));
  return `Reply from time server: ${reply.text}`;
}

/** What is printed in a line. */
export type Line = readonly [label: string, value: string];

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
    ["T1 request sent", formatInstant(reply.sentAt)],
    ...(t2 ? [["T2 received there", formatInstant(t2)] as const] : []),
    ...(t3 ? [["T3 reply sent", formatInstant(t3)] as const] : []),
    ["T4 received here", formatInstant(reply.receivedAt)],
    ["Version", String(packet.version)],
    ["Mode", String(packet.mode)],
    ["Poll", `${packet.poll} (${formatSeconds(2 ** packet.poll)})`],
    ["Precision", `${packet.precision} (${formatSeconds(2 ** packet.precision)})`],
    ["Root delay", formatSeconds(packet.rootDelay)],
    ["Root dispersion", formatSeconds(packet.rootDispersion)],
    ["Reference id", formatHex(packet.referenceId)],
    [
      "Reference time",
      packet.referenceTimestamp === 0n
        ? "never"
        : formatInstant(toInstant(packet.referenceTimestamp, pivot)),
    ],
    ["Origin timestamp", formatHex(packet.originTimestamp)],
    ["Receive timestamp", formatHex(packet.receiveTimestamp)],
    ["Transmit timestamp", formatHex(packet.transmitTimestamp)],
  ];
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
    ...(reply && replyJson(reply, raw)),
    ...(error !== undefined && { error: errorJson(error) }),
  };
}

function replyJson(reply: TimeReply, raw: boolean): Record<string, unknown> {
  const record: ProtocolRecord = protocols[reply.protocol];
  return {
    protocol: reply.protocol,
    address: reply.from.hostname,
    port: reply.from.port,
    ...(reply.hasTime && { text: reply.text, time: reply.time.toString() }),
    received: reply.receivedAt.toString(),
    round_trip: seconds(reply.roundTrip),
    ...record.toJson?.(reply, raw),
    ...(reply.warnings.length > 0 && { warnings: reply.warnings }),
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
  if ("packet" in reply) {
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
  if ("offset" in reply) {
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
