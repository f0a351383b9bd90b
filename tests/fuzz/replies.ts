/** What has to be true of a reply, by protocol: in words what is not. */
import { validate } from "../../src/client/query.ts";
import { measureNtp } from "../../src/protocols/ntp/protocol.ts";
import type { SymmetricKeys } from "../../src/crypto/symmetric_keys.ts";
import { UNSYNCHRONIZED } from "../../src/clock/status.ts";
import { parseAsctime } from "../../src/protocols/asctime/parse.ts";
import { parseDaytime } from "../../src/protocols/daytime/parse.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { decodeNtpPacket, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { difference, toTimestamp } from "../../src/protocols/ntp/timestamp.ts";
import { parseTime } from "../../src/protocols/time/parse.ts";
import type { Scene } from "./scenes.ts";

/** Says what is wrong with a reply to a request, if anything is. */
export type ReplyOracle = (reply: Uint8Array, request: Uint8Array, scene: Scene) =>
  | string
  | undefined;

/** `asctime` text of a year of six digits and a sign. */
export const LONGEST_ASCTIME = 27;

/** A line of the `nist` form; every other is shorter. */
export const LONGEST_DAYTIME = 54;

/** The oracle of a protocol; `auto` is judged by the reply's own. */
export function oracleOf(protocol: Protocol): ReplyOracle {
  return { asctime, daytime, time, ntp, auto }[protocol];
}

const instantOf = ({ seconds, nanoseconds }: Scene["arrival"]): Temporal.Instant =>
  Temporal.Instant.fromEpochMilliseconds(seconds * 1000).add({ nanoseconds });

/** The wall clock at a time, as `Date` has it. */
function wallClock(seconds: number, utc: boolean): string {
  const date = new Date(seconds * 1000);
  const fields = utc
    ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()]
      .concat(date.getUTCMinutes(), date.getUTCSeconds())
    : [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours()]
      .concat(date.getMinutes(), date.getSeconds());
  const [year = 0, month = 0, day, hour, minute, second] = fields;
  return new Temporal.PlainDateTime(year, month + 1, day ?? 1, hour, minute, second).toString();
}

function asctime(reply: Uint8Array, _request: Uint8Array, { arrival }: Scene): string | undefined {
  if (reply.length > LONGEST_ASCTIME) return `${reply.length} octets of text`;
  const { time } = parseAsctime(reply);
  const expected = wallClock(arrival.seconds, false);
  return time.toString() === expected ? undefined : `it reads as ${time}, not ${expected}`;
}

function daytime(reply: Uint8Array, _request: Uint8Array, { arrival }: Scene): string | undefined {
  if (reply.length > LONGEST_DAYTIME) return `${reply.length} octets of text`;
  if (reply.at(-2) !== 0x0d || reply.at(-1) !== 0x0a) return "it does not end a line";
  const year = new Date(arrival.seconds * 1000).getUTCFullYear();
  // Beyond them a line can be read by people only.
  if (year < 1 || year > 9998) return undefined;
  const { text, time, offset } = parseDaytime(reply, instantOf(arrival));
  const told = time.toZonedDateTime(offset ?? "UTC").epochMilliseconds / 1000;
  if (offset !== undefined && told === arrival.seconds) return undefined;
  const expected = wallClock(arrival.seconds, text.includes("UTC"));
  if (time.toString() !== expected) return `it reads as ${time}, not ${expected}`;
  // Offsets were not always whole minutes, as the text has them.
  const isClose = offset === undefined || Math.abs(told - arrival.seconds) < 60;
  return isClose ? undefined : `it is ${told} s, with ${offset}`;
}

function time(reply: Uint8Array, _request: Uint8Array, { arrival }: Scene): string | undefined {
  const told = parseTime(reply, instantOf(arrival)).epochMilliseconds / 1000;
  return told === arrival.seconds ? undefined : `it is ${told} s`;
}

function auto(reply: Uint8Array, request: Uint8Array, scene: Scene): string | undefined {
  return (reply.length === NTP_HEADER_LENGTH ? ntp : asctime)(reply, request, scene);
}

/** Whether nothing follows the header, or in version 4 fields of RFC 7822 alone. */
function isBareOrExtended(request: Uint8Array, version: number): boolean {
  if (request.length === NTP_HEADER_LENGTH) return true;
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  let at = NTP_HEADER_LENGTH;
  let length = 0;
  for (; request.length - at >= 16; at += length) {
    length = view.getUint16(at + 2);
    if (length < 16 || length % 4 !== 0) return false;
  }
  return version === 4 && at === request.length && length >= 28;
}

/**
 * NTP with keys: a right MAC where the request has one, a crypto-NAK where it has a wrong one. The lengths of MACs are
 * those of RFC 7822 §7.5.1.3, and where one begins follows from the end.
 */
export function authenticNtp(keys: SymmetricKeys): ReplyOracle {
  const read = (octets: Uint8Array, length: number): { id: number; isRight: boolean } => {
    const at = octets.length - length;
    const id = new DataView(octets.buffer, octets.byteOffset).getUint32(at);
    const mac = keys.find(id)?.compute(octets.subarray(0, at)).toHex();
    return { id, isRight: octets.subarray(at + 4).toHex() === mac };
  };
  return (reply, request, scene) => {
    const length = reply.length - NTP_HEADER_LENGTH;
    if (length === 0) return ntp(reply, request, scene);
    if (reply.length > request.length) return "it is longer than its request";
    if (length === 4) {
      if (reply.subarray(NTP_HEADER_LENGTH).some((octet) => octet !== 0)) return "no crypto-NAK";
      if (reply[1] !== 0 || (reply[0] as number) >> 6 !== 3) return "a crypto-NAK with a time";
      const isRight = [20, 24].some((length) =>
        request.length >= NTP_HEADER_LENGTH + length && read(request, length).isRight
      );
      return isRight ? "a crypto-NAK to a right MAC" : undefined;
    }
    const [asked, told] = [read(request, length), read(reply, length)];
    if (!asked.isRight) return "the MAC of its request is wrong";
    if (!told.isRight || asked.id !== told.id) return "its MAC is wrong";
    return ntp(reply.subarray(0, -length), request.subarray(0, -length), scene);
  };
}

const replyModes: Readonly<Record<number, number>> = { 0: 4, 1: 2, 3: 4 };

function ntp(reply: Uint8Array, request: Uint8Array, scene: Scene): string | undefined {
  if (reply.length > request.length) return "it is longer than its request";
  if (reply.length !== NTP_HEADER_LENGTH) return `${reply.length} octets of NTP`;
  const told = decodeNtpPacket(reply);
  const asked = decodeNtpPacket(request);
  if (!isBareOrExtended(request, asked.version)) return "its request has a trailer of no kind";
  const { status, arrival, departure, elapsedNanoseconds } = scene;
  const isSynchronized = status.leap !== UNSYNCHRONIZED;
  const expected = {
    leap: status.leap,
    version: asked.version,
    mode: replyModes[asked.mode],
    stratum: isSynchronized ? status.stratum : 0,
    poll: asked.poll,
    precision: status.precision,
    referenceId: isSynchronized ? status.referenceId : 0,
    originTimestamp: asked.transmitTimestamp,
  };
  for (const field of Object.keys(expected) as (keyof typeof expected)[]) {
    if (told[field] !== expected[field]) {
      return `${field} is ${told[field]}, not ${expected[field]}`;
    }
  }
  if (told.rootDelay < Math.min(status.rootDelaySeconds, 65_535)) return "its root delay shrank";
  if (told.rootDispersion < status.rootDispersionSeconds) return "its root dispersion shrank";

  const { referenceTimestamp, receiveTimestamp, transmitTimestamp } = told;
  if (referenceTimestamp === 0n || receiveTimestamp === 0n || transmitTimestamp === 0n) {
    return "a timestamp of it is zero";
  }
  if (difference(receiveTimestamp, referenceTimestamp) < 0n) return "its clock was set later";
  if (difference(transmitTimestamp, receiveTimestamp) <= 0n) return "it left before it came";
  // What is below the clock's precision is chance.
  const leeway = 1n << BigInt(32 + status.precision);
  const lateness = difference(receiveTimestamp, toTimestamp(instantOf(arrival)));
  if (lateness > leeway || -lateness > leeway) return "its receive timestamp is not the arrival";
  const isForward = elapsedNanoseconds >= 0n && elapsedNanoseconds < 2n ** 31n * 1_000_000_000n;
  const last = isForward ? toTimestamp(instantOf(departure)) : receiveTimestamp;
  const delay = difference(transmitTimestamp, last);
  if (delay > 2n * leeway || -delay > leeway) return "its transmit timestamp is not the departure";
  return undefined;
}

/** 68 years before this program was made, and a day. */
const FIRST_SECONDS_OF_OUR_ERA = 1_767_225_600 - 2 ** 31 + 86_400;

/** The same seen by our own client, which is to trust what is fit to be trusted. */
export function isTrusted(
  reply: Uint8Array,
  request: Uint8Array,
  scene: Scene,
): string | undefined {
  // A client takes a time of an era before this program was made for one of the next (RFC 5905 §6).
  if (scene.arrival.seconds < FIRST_SECONDS_OF_OUR_ERA) return undefined;
  const { arrival, elapsedNanoseconds } = scene;
  const sentAt = instantOf(arrival);
  const elapsed = elapsedNanoseconds > 0n ? elapsedNanoseconds : 0n;
  const { leap, rootDelay, rootDispersion, precision } = decodeNtpPacket(reply);
  const bound = rootDelay / 2 + rootDispersion;
  const isFit = leap !== UNSYNCHRONIZED && bound < 2 && precision < -5 && elapsed < 500_000_000n;
  if (!isFit) return undefined;
  const roundTrip = Temporal.Duration.from({ nanoseconds: Number(elapsed) });
  const receivedAt = sentAt.add(roundTrip);
  const from = { transport: "udp", hostname: "192.0.2.1", port: 123 } as const;
  const raw = {
    url: "ntp://192.0.2.1:123",
    request,
    octets: reply,
    from,
    sentAt,
    receivedAt,
    roundTrip,
  };
  const measured = measureNtp(raw);
  validate(measured);
  const { offset, errorBound } = measured;
  return Temporal.Duration.compare(offset.abs(), errorBound) <= 0
    ? undefined
    : `it is ${offset} off, which it bounds by ${errorBound}`;
}
