/** Replies for people: lines, or a table of several. */
import { delayOf } from "../../../client/query.ts";
import { formatHex, serverTimes } from "../../../protocols/ntp/protocol.ts";
import type { TimeReply } from "../../../protocols/registry.ts";
import type { NtpReply, SecondsReply } from "../../../protocols/reply.ts";
import { formatAddress } from "../../../protocols/endpoint.ts";
import { toInstant } from "../../../protocols/ntp/timestamp.ts";
import { localOffset } from "../../../system/local_time.ts";
import { toSeconds } from "../../../text/duration.ts";
import { formatError } from "../../shared/errors.ts";
import { escapeLine } from "../../../text/printable.ts";
import { fitTable, layOutTable } from "../../../text/table.ts";
import {
  formatInstant,
  formatMeasured,
  formatSeconds,
  formatUtcOffset,
} from "../../../text/units.ts";

/** The outcome of one query: a reply, or an error, or both where the reply cannot be trusted. */
export interface Outcome {
  /** The target as the user wrote it. */
  readonly target: string;
  readonly reply?: TimeReply;
  readonly error?: unknown;
  /** The time by the pattern of `--format`. */
  readonly formatted?: string;
}

/** Formats a reply as lines with labels, or as a sentence. */
export function formatReply(reply: TimeReply, raw: boolean): string {
  if ("packet" in reply) {
    return layOutTable([...ntpLines(reply), ...(raw ? rawLines(reply) : [])]);
  }
  if ("offset" in reply) return layOutTable(secondsLines(reply));
  return `Reply from time server: ${reply.text}`;
}

/** A line of a report. */
export type Line = readonly [label: string, value: string];

function secondsLines(reply: SecondsReply): Line[] {
  return [
    ["Server", formatServer(reply)],
    ["Time", formatLocalTime(reply.time, 0)],
    ["Offset", formatOffset(reply)],
    ["Round trip", formatDuration(reply.roundTrip)],
  ];
}

function ntpLines(reply: NtpReply): Line[] {
  const measured: Line[] = !reply.hasTime ? [] : [
    ["Time", formatLocalTime(reply.time, 6)],
    ["Offset", formatOffset(reply)],
    ["Delay", formatDuration(reply.delay)],
  ];
  return [
    ["Server", formatServer(reply)],
    ...measured,
    ...referenceLines(reply, reply.hasTime ? reply.rootDistance : undefined),
  ];
}

/** The lines about an NTP server and its reference. */
export function referenceLines(
  reply: NtpReply,
  rootDistance: Temporal.Duration | undefined,
): Line[] {
  return [
    ["Stratum", String(reply.stratum)],
    ["Reference", formatReference(reply)],
    ["Leap second", reply.leap],
    ...(reply.authenticated === undefined ? [] : [["Authenticated", reply.authenticated] as const]),
    ...(rootDistance ? [["Root distance", formatDuration(rootDistance)] as const] : []),
  ];
}

/** Every field of a reply, with the four timestamps. */
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

/** Formats a reply's URL, with the address behind its name. */
export function formatServer(
  { url, from }: { readonly url: string; readonly from: Pick<Deno.NetAddr, "hostname" | "port"> },
): string {
  const address = formatAddress(from);
  return url.replace(/\?.*/, "").endsWith(`//${address}`) ? url : `${escapeLine(url)} (${address})`;
}

type Measured = Pick<NtpReply, "offset" | "errorBound">;

/** Formats an offset with the digits that its error bound leaves. */
export function formatOffsetAlone({ offset, errorBound }: Measured): string {
  return formatMeasured(toSeconds(offset), toSeconds(errorBound));
}

export function formatBounded(measured: Measured): string {
  return `${formatOffsetAlone(measured)} ± ${formatDuration(measured.errorBound)}`;
}

export function formatOffset(measured: Measured): string {
  const { offset, errorBound } = measured;
  const meaning = Temporal.Duration.compare(offset.abs(), errorBound) <= 0
    ? "within the error bound"
    : `the local clock is ${offset.sign > 0 ? "behind" : "ahead"}`;
  return `${formatBounded(measured)}: ${meaning}`;
}

/** Formats a reference id, whose meaning depends on the stratum (RFC 5905 §7.3). */
function formatReference({ referenceId, stratum }: NtpReply): string {
  if (stratum === 0) return referenceId === "" ? "none" : `${referenceId} (kiss code)`;
  if (stratum === 1) return `${referenceId} (reference clock)`;
  if (referenceId.startsWith("127.127.")) return `${referenceId} (its own clock)`;
  return `${referenceId} (IPv4 address, or hash of an IPv6 one)`;
}

/** Formats a time in this machine's time zone, with its offset from UTC. */
function formatLocalTime(instant: Temporal.Instant, digits: 0 | 6): string {
  const seconds = localOffset(Math.floor(instant.epochMilliseconds / 1000));
  const minutes = Math.trunc(seconds / 60);
  const local = instant.toZonedDateTimeISO("UTC").add({ minutes }).toPlainDateTime();
  const text = local.toString({ fractionalSecondDigits: digits }).replace("T", " ");
  return `${text} ${formatUtcOffset(seconds).replace(":", "")}`;
}

/**
 * Formats one row per outcome; a row that failed gives the reason.
 *
 * @param width The maximum length of a line
 */
export function formatTable(outcomes: readonly Outcome[], width: number = Infinity): string {
  const head = ["SERVER", "TIME", "OFFSET", "BOUND", "DELAY", "STRATUM", "REFERENCE", "LEAP"];
  return fitTable([head, ...outcomes.map(rowOf)], {
    width,
    expendable: ["LEAP", "REFERENCE", "STRATUM", "DELAY"],
  });
}

function rowOf({ target: written, reply, error }: Outcome): string[] {
  const target = escapeLine(written);
  if (error !== undefined || !reply) return [target, formatError(error)];
  if (!("offset" in reply)) return [target, reply.text, "", "", formatDuration(reply.roundTrip)];
  const ntp = "packet" in reply ? reply : undefined;
  return [
    target,
    formatLocalTime(reply.time, 0),
    formatOffsetAlone(reply),
    formatDuration(reply.errorBound),
    formatDuration(delayOf(reply)),
    ...(ntp ? [String(ntp.stratum), ntp.referenceId, ntp.leap] : []),
  ];
}

/** Formats a duration in the unit that reads best. */
export function formatDuration(duration: Temporal.Duration): string {
  return formatSeconds(toSeconds(duration));
}
