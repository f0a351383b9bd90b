import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import { fromNanoseconds } from "../../text/duration.ts";
import { formatReferenceId } from "../../text/reference_id.ts";
import { formatInstant, formatSeconds } from "../../text/units.ts";
import type {
  ProtocolRecord,
  RawReply,
  ReadOptions,
  Rejection,
  Request,
  RequestOptions,
} from "../protocol.ts";
import type { NtpReply } from "../reply.ts";
import { computeMeasurement, ownPrecision } from "./measurement.ts";
import {
  decodeNtpPacket,
  encodeNtpPacket,
  leap,
  leapNames,
  mode,
  NTP_PORT,
  type NtpPacket,
} from "./packet.ts";
import { hasTime, matchTests, trustTests } from "./tests.ts";
import { difference, eraPivot, toInstant } from "./timestamp.ts";
import { KEY_ID_LENGTH, writeMac } from "./trailer.ts";
import { looksLikeNtp } from "./reply_form.ts";

/** NTP, versions 1 to 4 (RFC 5905). */
export const ntp: ProtocolRecord<NtpReply> = {
  label: "NTP",
  port: NTP_PORT,
  hasOffset: true,
  isSpokenByAuto: true,
  createRequest: ntpRequest,
  read: measureNtp,
  matchTests,
  trustTests,
  keys: [
    "offset",
    "error_bound",
    "delay",
    "root_distance",
    "stratum",
    "reference_id",
    "leap",
    "authenticated",
  ],
  rawKeys: [
    ...["t1", "t2", "t3", "t4", "version", "mode", "poll", "precision"],
    ...["root_delay", "root_dispersion", "reference_id_hex", "reference_timestamp"],
    ...["origin_timestamp", "receive_timestamp", "transmit_timestamp"],
  ],
  toJson: (reply, raw) => ({
    ...(reply.hasTime && {
      offset: reply.offset.total("seconds"),
      error_bound: reply.errorBound.total("seconds"),
      delay: reply.delay.total("seconds"),
      root_distance: reply.rootDistance.total("seconds"),
    }),
    stratum: reply.stratum,
    reference_id: reply.referenceId,
    leap: reply.leap,
    ...(reply.authenticated !== undefined && { authenticated: reply.authenticated }),
    ...(raw && rawJson(reply)),
  }),
  looksLikeReply: looksLikeNtp,
  refusesReplies: true,
  loadWireFormat: () => import("./fields.ts").then(({ ntpFormat }) => ntpFormat),
};

function rawJson(reply: NtpReply): Record<string, unknown> {
  const { packet } = reply;
  const { t2, t3 } = serverTimes(reply);
  return {
    t1: formatInstant(reply.sentAt),
    ...(t2 && { t2: formatInstant(t2) }),
    ...(t3 && { t3: formatInstant(t3) }),
    t4: formatInstant(reply.receivedAt),
    version: packet.version,
    mode: packet.mode,
    poll: packet.poll,
    precision: packet.precision,
    root_delay: packet.rootDelay,
    root_dispersion: packet.rootDispersion,
    reference_id_hex: formatHex(packet.referenceId),
    reference_timestamp: formatHex(packet.referenceTimestamp),
    origin_timestamp: formatHex(packet.originTimestamp),
    receive_timestamp: formatHex(packet.receiveTimestamp),
    transmit_timestamp: formatHex(packet.transmitTimestamp),
  };
}

/** Formats a number of 32 bits or a timestamp of 64 with all of its digits. */
export function formatHex(value: number | bigint): string {
  return `0x${value.toString(16).padStart(typeof value === "bigint" ? 16 : 8, "0")}`;
}

/**
 * A request that reveals nothing of its sender: all zero but for a transmit timestamp of 64 random bits,
 * which the reply must copy (RFC 9109, and the data minimisation of NTP).
 */
export function ntpRequest({ key, keys }: RequestOptions = {}): Request {
  const [cookie = 1n] = crypto.getRandomValues(new BigUint64Array(1));
  const transmitTimestamp = cookie === 0n ? 1n : cookie;
  const header = encodeNtpPacket({ ...emptyPacket, transmitTimestamp });
  const mac = key === undefined ? undefined : keys?.find(key);
  if (mac === undefined) return { octets: header, rejection: (reply) => reject(reply, header) };
  const octets = new Uint8Array(header.length + KEY_ID_LENGTH + mac.lengthIn(VERSION));
  octets.set(header);
  writeMac(mac, octets, header.length);
  return {
    octets,
    authenticated: `key ${key}`,
    rejection: (reply) => reject(reply, octets, keys),
  };
}

function reject(
  reply: Uint8Array,
  request: Uint8Array,
  keys?: SymmetricKeys,
): Rejection | undefined {
  for (const { keyOf, rejection } of matchTests) {
    const message = rejection(reply, request, keys);
    if (message !== undefined) return { reason: keyOf ? "not_authentic" : "bogus_reply", message };
  }
  return undefined;
}

const VERSION = 4;

const emptyPacket: NtpPacket = {
  leap: leap.none,
  version: VERSION,
  mode: mode.client,
  stratum: 0,
  poll: 0,
  precision: 0,
  rootDelay: 0,
  rootDispersion: 0,
  referenceId: 0,
  referenceTimestamp: 0n,
  originTimestamp: 0n,
  receiveTimestamp: 0n,
  transmitTimestamp: 0n,
};

/** Measures an exchange (RFC 5905 §8), in whole nanoseconds. */
export function measureNtp(
  { request: _request, octets, ...reply }: RawReply,
  { localPrecision = ownPrecision(), isTimed = true }: ReadOptions = {},
): NtpReply {
  const { sentAt, receivedAt } = reply;
  const packet = decodeNtpPacket(octets);
  const measured = computeMeasurement({ sentAt, receivedAt, packet }, localPrecision);
  const offset = fromNanoseconds(measured.offset);
  const time = receivedAt.add(offset);
  const pivot = eraPivot(receivedAt);
  const all = {
    ...reply,
    protocol: "ntp",
    text: formatInstant(time),
    time,
    offset,
    delay: fromNanoseconds(measured.delay),
    errorBound: fromNanoseconds(measured.errorBound),
    rootDistance: fromNanoseconds(measured.rootDistance),
    stratum: packet.stratum,
    referenceId: formatReferenceId(packet.referenceId, packet.stratum),
    leap: leapNames[packet.leap] ?? "none",
    packet,
    serverReceivedAt: toInstant(packet.receiveTimestamp, pivot),
    serverSentAt: toInstant(packet.transmitTimestamp, pivot),
    warnings: [],
  } as const;
  return hasTime(all, isTimed)
    ? { ...all, hasTime: true, warnings: [...versionOddities(packet), ...clockOddities(packet)] }
    : { ...all, hasTime: false, text: "", warnings: versionOddities(packet) };
}

/** T2 and T3, each where it is a time: a kiss-o'-death mostly has the request's random bits there. */
export function serverTimes(
  { packet, stratum, serverReceivedAt: t2, serverSentAt: t3 }: NtpReply,
): { readonly t2?: Temporal.Instant; readonly t3?: Temporal.Instant } {
  if (stratum === 0) return {};
  const { receiveTimestamp, transmitTimestamp } = packet;
  return { ...(receiveTimestamp !== 0n && { t2 }), ...(transmitTimestamp !== 0n && { t3 }) };
}

function versionOddities({ version }: NtpPacket): string[] {
  return version === 4 ? [] : [`version ${version} in the reply, asked with 4`];
}

/** A reference timestamp older than this is suspicious: 2^17 s, 36 hours. */
const MAX_REFERENCE_AGE_SECONDS = 2n ** 17n;

function clockOddities(packet: NtpPacket): string[] {
  if (packet.leap === leap.unsynchronized) return [];
  // All bits zero means "unknown" (RFC 5905 §6).
  if (packet.referenceTimestamp === 0n) return ["its reference timestamp is zero"];
  const age = difference(packet.transmitTimestamp, packet.referenceTimestamp) >> 32n;
  if (age < 0n) return ["its reference timestamp is after its transmit timestamp"];
  if (age <= MAX_REFERENCE_AGE_SECONDS) return [];
  return [`its clock was last set ${formatSeconds(Number(age))} ago`];
}
