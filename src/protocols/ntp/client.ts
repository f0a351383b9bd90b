/** One NTP exchange as a client sees it: request, tests of the reply, measurement. */
import { decodeNtpPacket, encodeNtpPacket, leap, mode, type NtpPacket } from "./packet.ts";
import { formatReferenceId } from "../../text/reference_id.ts";
import { difference, eraPivot, toInstant } from "./timestamp.ts";
import type { RawReply, ReadOptions, Request } from "../protocol.ts";
import { ownPrecision, workOut } from "./measurement.ts";
import { hasTime, matchTests, MAX_ROOT_DISTANCE_SECONDS, trustTests } from "./tests.ts";
import { QueryError } from "../failure.ts";
import type { Leap, NtpReply } from "../reply.ts";
import { formatSeconds } from "../../text/units.ts";

/**
 * A request that tells nothing of its sender: all zero but for a transmit
 * timestamp of 64 random bits, which the reply has to bring back (RFC 9109 and
 * NTP's data minimisation).
 */
export function ntpRequest(): Request {
  const [cookie = 1n] = crypto.getRandomValues(new BigUint64Array(1));
  const transmitTimestamp = cookie === 0n ? 1n : cookie;
  const octets = encodeNtpPacket({ ...emptyPacket, transmitTimestamp });
  return { octets, rejection: (reply) => rejection(reply, octets) };
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

/** Why a datagram is no reply to a request; the first of the tests that it fails. */
function rejection(octets: Uint8Array, request: Uint8Array): string | undefined {
  for (const test of matchTests) {
    const why = test.rejection(octets, request);
    if (why !== undefined) return why;
  }
  return undefined;
}

const leapWords: readonly Leap[] = ["none", "insert", "delete", "unsynchronized"];

const NANOSECONDS = 1_000_000_000n;

/** A reference timestamp older than this is suspicious: 2^17 s, 36 hours. */
const OLDEST_REFERENCE_SECONDS = 2n ** 17n;

/**
 * Everything that an exchange measured (RFC 5905 §8), in whole nanoseconds.
 *
 * @param raw The exchange
 * @param options What is known of its client's clock
 */
export function measureNtp(
  raw: RawReply,
  { localPrecision = ownPrecision(), isTimed = true }: ReadOptions = {},
): Omit<NtpReply, "url"> {
  const { request: _request, octets, ...reply } = raw;
  const packet = decodeNtpPacket(octets);
  const { receivedAt } = raw;
  const measured = workOut({ ...raw, packet, localPrecision });
  const offset = duration(measured.offset);
  const time = receivedAt.add(offset);
  const all = {
    ...reply,
    protocol: "ntp",
    text: time.toString(),
    time,
    offset,
    delay: duration(measured.delay),
    errorBound: duration(measured.errorBound),
    rootDistance: duration(measured.rootDistance),
    stratum: packet.stratum,
    referenceId: formatReferenceId(packet.referenceId, packet.stratum),
    leap: leapWords[packet.leap] ?? "none",
    packet,
    serverReceivedAt: toInstant(packet.receiveTimestamp, eraPivot(receivedAt)),
    serverSentAt: toInstant(packet.transmitTimestamp, eraPivot(receivedAt)),
    warnings: [],
  } as const;
  const isTime = hasTime(all, isTimed);
  return {
    ...all,
    hasTime: isTime,
    text: isTime ? all.text : "",
    warnings: oddities(packet, isTime),
  };
}

function oddities(packet: NtpPacket, isTime: boolean): string[] {
  const { referenceTimestamp, transmitTimestamp } = packet;
  const warnings: string[] = [];
  if (packet.version !== 4) warnings.push(`version ${packet.version} in the reply, asked with 4`);
  if (!isTime || packet.leap === leap.unsynchronized) return warnings;
  const age = difference(transmitTimestamp, referenceTimestamp) >> 32n;
  if (age < 0n) warnings.push("its reference timestamp is after its transmit timestamp");
  else if (age > OLDEST_REFERENCE_SECONDS) {
    warnings.push(`its clock was last set ${formatSeconds(Number(age))} ago`);
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
  const { maxRootDistance = MAX_ROOT_DISTANCE_SECONDS } = options;
  for (const test of trustTests) {
    const failure = test.failure(reply, maxRootDistance);
    if (failure) {
      throw new QueryError(failure.reason, `The server ${reply.from.hostname} ${failure.message}`);
    }
  }
}

/** Whole nanoseconds as a duration, seconds at the most. */
function duration(nanoseconds: bigint): Temporal.Duration {
  return Temporal.Duration.from({
    seconds: Number(nanoseconds / NANOSECONDS),
    nanoseconds: Number(nanoseconds % NANOSECONDS),
  });
}
