/** The octets of an NTP packet, field by field (RFC 5905 §7.3). */
import { decodeNtpPacket, field, mode, NTP_HEADER_LENGTH } from "../protocols/ntp/packet.ts";
import { formatReferenceId } from "../text/reference_id.ts";
import { type NtpTimestamp, toInstant } from "../protocols/ntp/timestamp.ts";
import { trailerFields } from "./trailer_fields.ts";
import type { WireField } from "./explanation.ts";
import { countOf, exact } from "./text.ts";

const leapMeanings = [
  "0: no leap second is announced",
  "1: the last minute of the day has 61 s",
  "2: the last minute of the day has 59 s",
  "3: the clock is not synchronised",
] as const;

const modeMeanings = [
  "0: reserved",
  "1: symmetric active",
  "2: symmetric passive",
  "3: client",
  "4: server",
  "5: broadcast",
  "6: control message",
  "7: private",
] as const;

/**
 * Reads a packet.
 *
 * @param octets Any octets
 * @param pivot A time no more than 68 years from the timestamps
 */
export function ntpFields(octets: Uint8Array, pivot: Temporal.Instant): WireField[] {
  if (octets.length < NTP_HEADER_LENGTH) {
    const meaning = `too short for an NTP packet, which has ${NTP_HEADER_LENGTH} octets or more`;
    return octets.length === 0 ? [] : [{ name: "Unknown", offset: 0, octets, meaning }];
  }
  const packet = decodeNtpPacket(octets);
  const isRequest = packet.mode === mode.client || packet.mode === mode.symmetricActive;
  const part = (name: string, offset: number, length: number, meaning: string): WireField => ({
    name,
    offset,
    octets: octets.subarray(offset, offset + length),
    meaning,
  });
  const flags = (octets[field.flags] as number).toString(2).padStart(8, "0");
  const bits = (name: string, shown: string, meaning: string): WireField => ({
    ...part(name, field.flags, 1, meaning),
    bits: shown,
  });
  const time = (timestamp: NtpTimestamp): string => timestampMeaning(timestamp, pivot);
  // A kiss-o'-death has timestamps that only look as if they told a time.
  const isKiss = !isRequest && packet.stratum === 0 && packet.referenceId !== 0;
  const told = (name: string, timestamp: NtpTimestamp): string =>
    isKiss && timestamp !== 0n ? "no time: a kiss has none" : `${name} ${time(timestamp)}`;
  return [
    bits("Leap indicator", `${flags.slice(0, 2)}......`, leapMeanings[packet.leap as 0]),
    bits("Version", `..${flags.slice(2, 5)}...`, String(packet.version)),
    bits("Mode", `.....${flags.slice(5)}`, modeMeanings[packet.mode as 0]),
    part("Stratum", field.stratum, 1, stratumMeaning(packet.stratum, isRequest)),
    part("Poll", field.poll, 1, powerMeaning(packet.poll, isRequest)),
    part("Precision", field.precision, 1, powerMeaning(packet.precision, isRequest)),
    part("Root delay", field.rootDelay, 4, shortMeaning(packet.rootDelay)),
    part("Root dispersion", field.rootDispersion, 4, shortMeaning(packet.rootDispersion)),
    part(
      "Reference id",
      field.referenceId,
      4,
      referenceMeaning(packet.referenceId, packet.stratum, isRequest),
    ),
    part("Reference timestamp", field.referenceTimestamp, 8, time(packet.referenceTimestamp)),
    part("Origin timestamp", field.originTimestamp, 8, originMeaning(packet.originTimestamp)),
    part(
      "Receive timestamp",
      field.receiveTimestamp,
      8,
      isRequest ? time(packet.receiveTimestamp) : told("T2", packet.receiveTimestamp),
    ),
    part(
      "Transmit timestamp",
      field.transmitTimestamp,
      8,
      isRequest
        ? cookieMeaning(packet.transmitTimestamp, pivot)
        : told("T3", packet.transmitTimestamp),
    ),
    ...trailerFields(octets, packet.version),
  ];
}

function stratumMeaning(stratum: number, isRequest: boolean): string {
  if (stratum === 0) return isRequest ? "0: not told" : "0: none, or a kiss-o'-death";
  if (stratum === 1) return "1: has a reference clock itself";
  if (stratum <= 15) return `${stratum}: ${countOf(stratum - 1, "server")} from a reference clock`;
  return stratum === 16 ? "16: not synchronised" : `${stratum}: reserved`;
}

/** The intervals of poll and precision are powers of two of seconds. */
function powerMeaning(exponent: number, isRequest: boolean): string {
  if (exponent === 0 && isRequest) return "0: not told";
  // Beyond this neither says anything of a clock.
  if (Math.abs(exponent) > 40) return `2^${exponent} s`;
  return `2^${exponent} s = ${readable(2 ** exponent)}`;
}

function readable(seconds: number): string {
  if (seconds >= 1) return `${seconds} s`;
  const [unit, factor] = seconds >= 1e-3
    ? ["ms", 1e3]
    : seconds >= 1e-6
    ? ["µs", 1e6]
    : ["ns", 1e9];
  return `${Number((seconds * Number(factor)).toPrecision(3))} ${unit}`;
}

/** The short format is exact in decimals: 2^-16 s has 16 of them, of which people want nine. */
function shortMeaning(seconds: number): string {
  return `${seconds.toFixed(9)} s`;
}

function referenceMeaning(id: number, stratum: number, isRequest: boolean): string {
  if (id === 0) return isRequest ? "not told" : "none";
  const text = formatReferenceId(id, stratum);
  if (isRequest) return text;
  if (stratum === 0) return `${text}: kiss code`;
  if (stratum === 1) return `${text}: reference clock`;
  if (text.startsWith("127.127.")) return `${text}: its own clock`;
  return `${text}: IPv4 address of its source, or hash of an IPv6 one`;
}

function timestampMeaning(timestamp: NtpTimestamp, pivot: Temporal.Instant): string {
  return timestamp === 0n ? "zero: not told" : exact(toInstant(timestamp, pivot));
}

function originMeaning(timestamp: NtpTimestamp): string {
  return timestamp === 0n ? "zero: not told" : "copy of a transmit timestamp of the other side";
}

const DAY_SECONDS = 86_400;

/** Careful clients send random bits, old ones their time. */
function cookieMeaning(timestamp: NtpTimestamp, pivot: Temporal.Instant): string {
  if (timestamp === 0n) return "zero: not told";
  const time = toInstant(timestamp, pivot);
  const awaySeconds = Math.abs(time.since(pivot).total("seconds"));
  return awaySeconds < DAY_SECONDS
    ? exact(time)
    : "random bits, or a clock that is wrong; the reply has to bring them back";
}
