import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import { formatInstant, formatPlural, formatSeconds } from "../../text/units.ts";
import { getUint16, getUint32 } from "../octets.ts";
import type {
  ExchangeTimes,
  ExchangeVariant,
  Measurement,
  WireField,
  WireFormat,
} from "../protocol.ts";
import { decodeNtpPacket, field, mode, NTP_HEADER_LENGTH, type NtpPacket } from "./packet.ts";
import {
  fieldLength,
  findMac,
  hasField,
  isCryptoNak,
  isRight,
  OLD_AUTHENTICATOR_LENGTH,
} from "./trailer.ts";
import { formatReferenceId } from "../../text/reference_id.ts";
import { partsOf, unknownField } from "../plain_fields.ts";
import type { NtpReply } from "../reply.ts";
import { computeMeasurement } from "./measurement.ts";
import { isInterleaved, matchTests } from "./tests.ts";
import { type NtpTimestamp, toInstant } from "./timestamp.ts";

export const ntpFormat: WireFormat<NtpReply> = {
  requestFields: ntpFields,
  replyFields: ntpFields,
  senderSource: "RFC 5905 §9.2",
  measure,
  isRequest: isNtpRequest,
  isReply: isNtpReply,
  isReplyTo: (reply, request) =>
    isNtpReply(reply) && isNtpRequest(request) &&
    matchTests.every((test) => test.rejection(reply, request) === undefined),
  variantOf,
  resembles: (request, reply) =>
    isNtpRequest(request) || reply.length >= NTP_HEADER_LENGTH && reply.includes(0),
};

/** Version 1 had no modes, and the field is zero. */
const requestModes: readonly number[] = [mode.client, mode.symmetricActive];
const replyModes: readonly number[] = [mode.server, mode.symmetricPassive, mode.symmetricActive];

function hasMode(octets: Uint8Array, modes: readonly number[]): boolean {
  if (octets.length < NTP_HEADER_LENGTH || octets.length % 4 !== 0) return false;
  // Not the whole packet: captures have millions.
  const flags = octets[field.flags] as number;
  const [version, own] = [flags >> 3 & 7, flags & 7];
  if (version < 1 || version > 4) return false;
  return modes.includes(own) || version === 1 && own === mode.reserved;
}

function isNtpRequest(octets: Uint8Array): boolean {
  return hasMode(octets, requestModes);
}

function isNtpReply(octets: Uint8Array): boolean {
  return hasMode(octets, replyModes);
}

function variantOf(request: Uint8Array, reply: Uint8Array): ExchangeVariant | undefined {
  if (!isNtpRequest(request) || !isNtpReply(reply)) return undefined;
  const [sent, came] = [decodeNtpPacket(request), decodeNtpPacket(reply)];
  if (isInterleaved(came, sent)) {
    return {
      name: "interleaved mode (RFC 9769)",
      unmeasured: "its transmit timestamp is that of the reply before it",
    };
  }
  if (sent.mode === mode.symmetricActive) return { name: "symmetric mode (RFC 5905 §3)" };
  return sent.version === 1 ? { name: "NTP version 1 (RFC 1059)" } : undefined;
}

function measure(
  { packet, serverReceivedAt: t2, serverSentAt: t3 }: NtpReply,
  times: ExchangeTimes | undefined,
  localPrecision: number,
): Measurement {
  if (!times) return { times: { t2, t3 } };
  const ntp = computeMeasurement({ ...times, packet }, localPrecision);
  return {
    times: { t1: times.sentAt, t2, t3, t4: times.receivedAt },
    ntp,
    offset: ntp.offset,
    errorBound: ntp.errorBound,
  };
}

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

function ntpFields(
  octets: Uint8Array,
  pivot: Temporal.Instant,
  keys?: SymmetricKeys,
): WireField[] {
  if (octets.length < NTP_HEADER_LENGTH) {
    const meaning = `too short for an NTP packet, which has ${NTP_HEADER_LENGTH} octets or more`;
    return unknownField(octets, meaning);
  }
  const packet = decodeNtpPacket(octets);
  const isRequest = packet.mode === mode.client || packet.mode === mode.symmetricActive;
  const part = partsOf(octets);
  const flags = (octets[field.flags] as number).toString(2).padStart(8, "0");
  const bits = (name: string, shown: string, meaning: string): WireField => ({
    ...part(name, field.flags, 1, meaning),
    bits: shown,
  });
  const time = (timestamp: NtpTimestamp): string => timestampMeaning(timestamp, pivot);
  // The timestamps of a kiss-o'-death only look like times.
  const isKiss = !isRequest && packet.stratum === 0 &&
    (packet.referenceId !== 0 || isCryptoNak(octets, NTP_HEADER_LENGTH));
  const serverTime = (name: string, timestamp: NtpTimestamp): string =>
    isKiss && timestamp !== 0n ? "no time: a kiss-o'-death has none" : `${name} ${time(timestamp)}`;
  const { receiveTimestamp, transmitTimestamp } = packet;
  const receive = isRequest ? time(receiveTimestamp) : serverTime("T2", receiveTimestamp);
  const transmit = isRequest
    ? cookieMeaning(transmitTimestamp, pivot)
    : serverTime("T3", transmitTimestamp);
  return [
    bits("Leap indicator", `${flags.slice(0, 2)}......`, leapMeanings[packet.leap as 0]),
    bits("Version", `..${flags.slice(2, 5)}...`, String(packet.version)),
    bits("Mode", `.....${flags.slice(5)}`, modeMeanings[packet.mode as 0]),
    part("Stratum", field.stratum, 1, stratumMeaning(packet.stratum, isRequest)),
    part("Poll", field.poll, 1, powerMeaning(packet.poll, isRequest)),
    part("Precision", field.precision, 1, powerMeaning(packet.precision, isRequest)),
    // The short format has up to 16 decimals, of which nine are shown: nanoseconds.
    part("Root delay", field.rootDelay, 4, `${packet.rootDelay.toFixed(9)} s`),
    part("Root dispersion", field.rootDispersion, 4, `${packet.rootDispersion.toFixed(9)} s`),
    part("Reference id", field.referenceId, 4, referenceMeaning(packet, isRequest)),
    part("Reference timestamp", field.referenceTimestamp, 8, time(packet.referenceTimestamp)),
    part("Origin timestamp", field.originTimestamp, 8, originMeaning(packet.originTimestamp)),
    part("Receive timestamp", field.receiveTimestamp, 8, receive),
    part("Transmit timestamp", field.transmitTimestamp, 8, transmit),
    ...trailerFields(octets, packet.version, keys),
  ];
}

function stratumMeaning(stratum: number, isRequest: boolean): string {
  if (stratum === 0) return isRequest ? "0: not given" : "0: none, or a kiss-o'-death";
  if (stratum === 1) return "1: has a reference clock";
  if (stratum <= 15) {
    return `${stratum}: ${formatPlural(stratum - 1, "server")} from a reference clock`;
  }
  return stratum === 16 ? "16: not synchronised" : `${stratum}: reserved`;
}

function powerMeaning(exponent: number, isRequest: boolean): string {
  if (exponent === 0 && isRequest) return "0: not given";
  // No clock has an interval beyond this.
  if (Math.abs(exponent) > 40) return `2^${exponent} s`;
  const seconds = 2 ** exponent;
  return `2^${exponent} s = ${exponent >= 0 ? `${seconds} s` : formatSeconds(seconds)}`;
}

function referenceMeaning({ referenceId: id, stratum }: NtpPacket, isRequest: boolean): string {
  if (id === 0) return isRequest ? "not given" : "none";
  const text = formatReferenceId(id, stratum);
  if (isRequest) return text;
  if (stratum === 0) return `${text}: kiss code`;
  if (stratum === 1) return `${text}: reference clock`;
  if (text.startsWith("127.127.")) return `${text}: its own clock`;
  return `${text}: IPv4 address of its source, or hash of an IPv6 one`;
}

function timestampMeaning(timestamp: NtpTimestamp, pivot: Temporal.Instant): string {
  return timestamp === 0n ? "zero: not given" : formatInstant(toInstant(timestamp, pivot));
}

function originMeaning(timestamp: NtpTimestamp): string {
  return timestamp === 0n ? "zero: not given" : "copy of the transmit timestamp of the other side";
}

const DAY_SECONDS = 86_400;

/** Careful clients send random bits, old ones the time of their clock. */
function cookieMeaning(timestamp: NtpTimestamp, pivot: Temporal.Instant): string {
  if (timestamp === 0n) return "zero: not given";
  const time = toInstant(timestamp, pivot);
  const awaySeconds = Math.abs(time.since(pivot).total("seconds"));
  return awaySeconds < DAY_SECONDS
    ? formatInstant(time)
    : "random bits, or a wrong clock; the reply must copy them";
}

/** The types of extension fields in use (IANA, NTP Extension Field Types). */
const fieldTypes: Readonly<Record<number, string>> = {
  0x0104: "NTS unique identifier (RFC 8915 §5.3)",
  0x0204: "NTS cookie (RFC 8915 §5.4)",
  0x0304: "NTS cookie placeholder (RFC 8915 §5.5)",
  0x0404: "NTS authenticator (RFC 8915 §5.6)",
  0x2005: "checksum complement (RFC 7821)",
};

/** Digests by the length of key identifier and digest. */
const digests: Readonly<Record<number, string>> = {
  20: "MD5 or AES-CMAC digest (RFC 8573)",
  24: "SHA-1 digest, or a longer one cut to its length",
};

/** Whether the MAC whose key identifier begins at an octet is right, in words; empty without its key. */
function verdictOf(octets: Uint8Array, at: number, keys: SymmetricKeys | undefined): string {
  const mac = keys?.find(getUint32(octets, at));
  if (mac === undefined) return "";
  return `; ${isRight(mac, octets, at) ? "right" : "wrong"} by the ${mac.type} key`;
}

function* trailerFields(
  octets: Uint8Array,
  version: number,
  keys?: SymmetricKeys,
): Generator<WireField> {
  const part = partsOf(octets);
  let at = NTP_HEADER_LENGTH;
  while (hasField(octets, at, version)) {
    const [type, length] = [getUint16(octets, at), fieldLength(octets, at)];
    if (length === undefined) {
      const meaning = `its length of ${getUint16(octets, at + 2)} is invalid`;
      yield part("Malformed field", at, octets.length - at, meaning);
      return;
    }
    const known = fieldTypes[type] ?? "of an unknown type";
    const digits = type.toString(16).padStart(4, "0");
    yield part("Field type", at, 2, `extension field 0x${digits}: ${known}`);
    yield part("Field length", at + 2, 2, `${length}, these four octets included`);
    yield part("Field value", at + 4, length - 4, formatPlural(length - 4, "octet"));
    at += length;
  }
  const rest = octets.length - at;
  const digest = digests[rest] ??
    (findMac(octets) > 0 ? "SHA digest of its whole length" : undefined) ??
    (version < 3 && rest === OLD_AUTHENTICATOR_LENGTH ? "DES digest (RFC 1119)" : undefined);
  if (digest !== undefined) {
    yield part("Key identifier", at, 4, `key ${getUint32(octets, at)} (MAC, RFC 5905 §7.3)`);
    yield part("Digest", at + 4, rest - 4, `${digest}${verdictOf(octets, at, keys)}`);
  } else if (isCryptoNak(octets, at)) {
    yield part("Crypto-NAK", at, 4, "the MAC of the other side was wrong (RFC 5905 §9.2)");
  } else if (rest > 0) {
    yield part("Unknown", at, rest, `${formatPlural(rest, "octet")} of no known format`);
  }
}
