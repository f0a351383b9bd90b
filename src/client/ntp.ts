/** One NTP exchange as a client sees it: request, tests of the reply, measurement. */
import { measurePrecision } from "../clocks/clock.ts";
import { systemClock } from "../clocks/system_clock.ts";
import { FREQUENCY_TOLERANCE } from "../clocks/clock_status.ts";
import {
  decodeNtpPacket,
  encodeNtpPacket,
  leap,
  mode,
  NTP_HEADER_LENGTH,
  type NtpPacket,
} from "../protocols/ntp/packet.ts";
import { formatReferenceId } from "../protocols/ntp/reference_id.ts";
import { difference, toInstant, toNanoseconds, toTimestamp } from "../protocols/ntp/timestamp.ts";
import type { RawReply, Request } from "./exchange.ts";
import { QueryError } from "./query_error.ts";
import type { Leap, NtpReply } from "./reply.ts";

/**
 * A request that tells nothing of its sender: all zero but for a transmit
 * timestamp of 64 random bits, which the reply has to bring back (RFC 9109 and
 * NTP's data minimisation).
 */
export function ntpRequest(): Request {
  const [cookie = 1n] = crypto.getRandomValues(new BigUint64Array(1));
  const transmitTimestamp = cookie === 0n ? 1n : cookie;
  const octets = encodeNtpPacket({ ...emptyPacket, transmitTimestamp });
  return { octets, whyIgnored: (reply) => whyIgnored(reply, transmitTimestamp) };
}

const emptyPacket: NtpPacket = {
  leap: leap.none,
  version: 4,
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

/** The tests of RFC 5905 §8 that a stray or forged datagram fails: it must not end the query. */
function whyIgnored(octets: Uint8Array, cookie: bigint): string | undefined {
  if (octets.length < NTP_HEADER_LENGTH || octets.length % 4 !== 0) {
    return `no NTP packet (${octets.length} octets)`;
  }
  const packet = decodeNtpPacket(octets);
  if (packet.mode !== mode.server) return `mode ${packet.mode}, not 4`;
  if (packet.version < 1 || packet.version > 4) return `version ${packet.version}`;
  if (packet.originTimestamp !== cookie) return "its origin timestamp is not the one sent";
  return undefined;
}

const leapWords: readonly Leap[] = ["none", "insert", "delete", "unsynchronized"];

const NANOSECONDS = 1_000_000_000n;

/** RFC 5905 §7.2: a server is at least this far from the truth. */
const MIN_DISPERSION_NANOSECONDS = 5_000_000n;

/** A reference timestamp older than this is suspicious: 2^17 s, 36 hours. */
const OLDEST_REFERENCE_SECONDS = 2n ** 17n;

/** A clock that cannot tell one era from the next; 2^127 s, the field's most, is beyond a `Duration`. */
const COARSEST_PRECISION = 32;

/** Everything that an exchange measured (RFC 5905 §8), in whole nanoseconds. */
export function measureNtp(raw: RawReply): Omit<NtpReply, "url"> {
  const { request: _request, octets, ...reply } = raw;
  const packet = decodeNtpPacket(octets);
  const t1 = toTimestamp(raw.sentAt);
  const t4 = toTimestamp(raw.receivedAt);
  const { receiveTimestamp: t2, transmitTimestamp: t3 } = packet;
  // The sum of two differences of 64 bits has 65, for which bigints have room; one nanosecond of
  // twice the offset is rounded away with the half of it.
  const offset = toNanoseconds(difference(t2, t1) + difference(t3, t4)) >> 1n;
  const elapsed = toNanoseconds(difference(t4, t1));
  const localPrecision = toNanosecondsOf(2 ** ownPrecision());
  const remotePrecision = precisionOf(packet);
  const measuredDelay = elapsed - toNanoseconds(difference(t3, t2));
  const delay = max(measuredDelay, localPrecision + remotePrecision);
  const dispersion = localPrecision + remotePrecision +
    toNanosecondsOf(FREQUENCY_TOLERANCE) * elapsed / NANOSECONDS;
  const rootDelay = toNanosecondsOf(packet.rootDelay);
  const rootDispersion = toNanosecondsOf(packet.rootDispersion);
  const receivedAt = raw.receivedAt;
  const time = receivedAt.add(duration(offset));
  return {
    ...reply,
    protocol: "ntp",
    text: time.toString(),
    time,
    offset: duration(offset),
    delay: duration(delay),
    errorBound: duration(delay / 2n + dispersion),
    rootDistance: duration(
      max(MIN_DISPERSION_NANOSECONDS, rootDelay + delay) / 2n + rootDispersion + dispersion,
    ),
    stratum: packet.stratum,
    referenceId: formatReferenceId(packet.referenceId, packet.stratum),
    leap: leapWords[packet.leap] ?? "none",
    packet,
    serverReceivedAt: toInstant(t2, receivedAt),
    serverSentAt: toInstant(t3, receivedAt),
    warnings: oddities(packet),
  };
}

function oddities(packet: NtpPacket): string[] {
  const { referenceTimestamp, transmitTimestamp, stratum } = packet;
  const warnings: string[] = [];
  if (packet.version !== 4) warnings.push(`version ${packet.version} in the reply, asked with 4`);
  if (stratum === 0 || packet.leap === leap.unsynchronized) return warnings;
  const age = difference(transmitTimestamp, referenceTimestamp) >> 32n;
  if (age < 0n) warnings.push("its reference timestamp is after its transmit timestamp");
  else if (age > OLDEST_REFERENCE_SECONDS) {
    warnings.push(`its clock was last set ${age / 3600n} hours ago`);
  }
  return warnings;
}

/** Options for {@linkcode validate}. */
export interface ValidateOptions {
  /**
   * The largest root distance to put up with, in seconds.
   *
   * @default {3}
   */
  readonly maxRootDistance?: number;
}

/** Beyond this a server is as good as unreachable: MAXDISP of RFC 5905 §7.2, in seconds. */
const MAX_DISPERSION_SECONDS = 16;

/** No server keeps a request that long; chrony's limit, in seconds. */
const LONGEST_PROCESSING_SECONDS = 4;

/** Contradictions up to this are clock granularity, not lies: in nanoseconds. */
const TOLERANCE_NANOSECONDS = 1_000_000n;

/**
 * Tells whether an NTP reply is fit to trust (RFC 5905 §8, §9.2), which `query()`
 * does not: a kiss-o'-death is a reply, too.
 *
 * @param reply What `query()` measured
 * @param options How far a server may be from the truth
 * @throws {QueryError} If it is not; `reason` is `kiss-o-death`, `unsynchronized` or `unusable`
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { query, QueryError, serve, validate } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0", { status: { unsynchronized: true } });
 * const reply = await query(`ntp://127.0.0.1:${server.addresses[0]!.port}`);
 * assertThrows(() => validate(reply), QueryError, "is not synchronised");
 * ```
 */
export function validate(reply: NtpReply, options: ValidateOptions = {}): void {
  const { maxRootDistance = 3 } = options;
  const { packet } = reply;
  const server = `The server ${reply.from.hostname}`;
  const code = reply.referenceId;
  if (packet.stratum === 0 && packet.referenceId !== 0 && !startingCodes.includes(code)) {
    throw new QueryError(
      "kiss-o-death",
      `${server} ${kissWords[code] ?? "refuses"} (kiss ${code})`,
    );
  }
  if (packet.leap === leap.unsynchronized || packet.stratum === 0 || packet.stratum > 15) {
    const says = packet.leap === leap.unsynchronized ? "leap 3" : `stratum ${packet.stratum}`;
    const why = packet.stratum === 0 && code !== "" ? `, ${code}` : "";
    throw new QueryError("unsynchronized", `${server} is not synchronised (${says}${why})`);
  }
  const problem = contradiction(reply) ?? excess(reply, maxRootDistance);
  if (problem !== undefined) {
    throw new QueryError("unusable", `${server} sent an unusable reply: ${problem}`);
  }
}

/** What the codes of RFC 5905 §7.4 and RFC 8915 §5.7 mean to a client. */
const kissWords: Readonly<Record<string, string>> = {
  RATE: "asks for fewer requests",
  DENY: "denies service",
  RSTR: "restricts service",
  NTSN: "knows no such NTS cookie",
};

/** Codes of a server that has just started or stepped its clock, and refuses nobody (RFC 5905 §7.4). */
const startingCodes: readonly string[] = ["INIT", "STEP"];

function contradiction({ packet, sentAt, receivedAt }: NtpReply): string | undefined {
  const { receiveTimestamp, transmitTimestamp } = packet;
  if (receiveTimestamp === 0n || transmitTimestamp === 0n) return "a timestamp of it is zero";
  const processing = toNanoseconds(difference(transmitTimestamp, receiveTimestamp));
  if (processing < 0n) return "it left before its request came";
  const elapsed = receivedAt.epochNanoseconds - sentAt.epochNanoseconds;
  // Each of the two timestamps may be off by the server's precision: 16 ms where it has 64 ticks a second.
  const tolerance = max(TOLERANCE_NANOSECONDS, 2n * precisionOf(packet));
  if (processing > elapsed + tolerance) return "it took longer than the whole exchange";
  if (processing > BigInt(LONGEST_PROCESSING_SECONDS) * NANOSECONDS) {
    return `it took more than ${LONGEST_PROCESSING_SECONDS} s`;
  }
  return undefined;
}

function excess({ packet, rootDistance }: NtpReply, maxRootDistance: number): string | undefined {
  const claimed = packet.rootDelay / 2 + packet.rootDispersion;
  if (claimed >= MAX_DISPERSION_SECONDS) {
    return `its error bound is ${
      claimed.toFixed(1)
    } s, with ${MAX_DISPERSION_SECONDS} s or more no time at all`;
  }
  const distance = rootDistance.total("seconds");
  if (distance <= maxRootDistance) return undefined;
  return `its root distance is ${distance.toFixed(3)} s, above ${maxRootDistance} s`;
}

let measuredPrecision: number | undefined;

/** Measured once, and only when a reply has come: it takes some milliseconds. */
function ownPrecision(): number {
  return measuredPrecision ??= measurePrecision(systemClock);
}

function precisionOf({ precision }: NtpPacket): bigint {
  return toNanosecondsOf(2 ** Math.min(precision, COARSEST_PRECISION));
}

function toNanosecondsOf(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e9));
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Whole nanoseconds as a duration, seconds at the most. */
function duration(nanoseconds: bigint): Temporal.Duration {
  return Temporal.Duration.from({
    seconds: Number(nanoseconds / NANOSECONDS),
    nanoseconds: Number(nanoseconds % NANOSECONDS),
  });
}
