/**
 * The tests that an NTP reply must pass before it is trusted (RFC 5905 §8, §9.2), each by its name and
 * the document that prescribes it: applied by the client, and shown by `explain`.
 */
import { formatPlural, formatSeconds } from "../../text/units.ts";
import { getUint32, isPrintable } from "../octets.ts";
import type { MatchTest, TrustTest } from "../protocol.ts";
import type { NtpReply } from "../reply.ts";
import { nanosecondsOf, precisionOf } from "./measurement.ts";
import { decodeNtpPacket, leap, mode, NTP_HEADER_LENGTH, type NtpPacket } from "./packet.ts";
import { difference, toNanoseconds } from "./timestamp.ts";
import { findMac, isCryptoNak, isRight } from "./trailer.ts";

type NtpTrustTest = TrustTest<NtpReply>;
type TestedReply = Parameters<NtpTrustTest["failure"]>[0];

/** The largest root distance of a server to be trusted, unless another is given: in seconds. */
export const MAX_ROOT_DISTANCE_SECONDS = 3;

const peerModes: readonly number[] = [mode.symmetricActive, mode.symmetricPassive];

/**
 * Whether a reply is one of interleaved mode (RFC 9769 §2): its origin is the receive timestamp of the
 * request, which a client that does not use that mode leaves zero.
 */
export function isInterleaved(reply: NtpPacket, request: NtpPacket): boolean {
  return request.receiveTimestamp !== 0n && reply.originTimestamp === request.receiveTimestamp &&
    reply.originTimestamp !== request.transmitTimestamp;
}

/** The tests that a stray or forged datagram fails, in order. */
export const matchTests: readonly MatchTest[] = [
  {
    name: "48 octets or more, a multiple of 4",
    source: "RFC 5905 §7.3",
    rejection(octets): string | undefined {
      const { length } = octets;
      if (length >= NTP_HEADER_LENGTH && length % 4 === 0) return undefined;
      // The server of another protocol is queried by mistake where a URL names none.
      const advice = length > 0 && isPrintable(octets) ? ", but text: use asctime://" : "";
      return `not an NTP packet (${formatPlural(length, "octet")})${advice}`;
    },
  },
  {
    name: "mode is 4, or 1 or 2 of a symmetric peer",
    source: "RFC 5905 §9.2",
    rejection(octets, request): string | undefined {
      const packet = decodeNtpPacket(octets);
      const isPeer = request.length >= NTP_HEADER_LENGTH &&
        decodeNtpPacket(request).mode === mode.symmetricActive;
      if (packet.mode === mode.server || isPeer && peerModes.includes(packet.mode)) {
        return undefined;
      }
      return `mode ${packet.mode}, not ${isPeer ? "1 or 2" : "4"}`;
    },
  },
  {
    name: "version is 1 to 4",
    source: "RFC 5905 §9.2",
    rejection(octets): string | undefined {
      const { version } = decodeNtpPacket(octets);
      return version < 1 || version > 4 ? `version ${version}` : undefined;
    },
  },
  {
    name: "origin timestamp is what was sent",
    source: "RFC 5905 §8",
    canCompare: ({ length }) => length >= NTP_HEADER_LENGTH,
    rejection(octets, request): string | undefined {
      const [reply, sent] = [decodeNtpPacket(octets), decodeNtpPacket(request)];
      return reply.originTimestamp === sent.transmitTimestamp || isInterleaved(reply, sent)
        ? undefined
        : "its origin timestamp is not the one sent";
    },
  },
  {
    name: "its MAC is right, by the key of the request",
    source: "RFC 5905 §9.2, RFC 8573",
    keyOf,
    rejection(octets, request, keys): string | undefined {
      const id = keys && keyOf(request);
      if (id === undefined) return undefined;
      if (isCryptoNak(octets, NTP_HEADER_LENGTH)) {
        return `a crypto-NAK: the server has no key ${id}, or another by that id`;
      }
      const at = findMac(octets);
      if (at === 0) return "it has no MAC";
      const own = getUint32(octets, at);
      if (own !== id) return `its MAC is by key ${own}, not ${id}`;
      const mac = keys?.find(id);
      return mac && isRight(mac, octets, at) ? undefined : `its MAC by key ${id} is wrong`;
    },
  },
];

/** The id of the key that a request has a MAC by. */
function keyOf(request: Uint8Array): number | undefined {
  const at = request.length < NTP_HEADER_LENGTH ? 0 : findMac(request);
  return at === 0 ? undefined : getUint32(request, at);
}

/** The meaning of the kiss codes of RFC 5905 §7.4 and RFC 8915 §5.7, after the name of the server. */
const kissMeanings: Readonly<Record<string, string>> = {
  RATE: "is rate limiting this client",
  DENY: "denies service",
  RSTR: "restricts service",
  NTSN: "knows no such NTS cookie",
};

/** Codes of a server that has just started or stepped its clock, and refuses no client (RFC 5905 §7.4). */
const startingCodes: readonly string[] = ["INIT", "STEP"];

/** A server with a larger error bound counts as unreachable: MAXDISP of RFC 5905 §7.2, in seconds. */
const MAX_DISPERSION_SECONDS = 16;

/** No server needs longer for a request; chrony's limit, in seconds. */
const MAX_PROCESSING_SECONDS = 4;

/** Contradictions up to this come from the granularity of clocks: in nanoseconds. */
const TOLERANCE_NANOSECONDS = 1_000_000n;

/** The tests that a reply fails which must not be trusted, in order. */
export const trustTests: readonly NtpTrustTest[] = [
  {
    name: "no kiss-o'-death",
    source: "RFC 5905 §7.4",
    failure({ packet, referenceId: code }): Failure {
      if (packet.stratum !== 0 || packet.referenceId === 0 || startingCodes.includes(code)) {
        return undefined;
      }
      return {
        reason: "kiss_o_death",
        message: `${kissMeanings[code] ?? "refuses"} (KoD ${code})`,
      };
    },
  },
  {
    name: "synchronised: leap below 3, stratum 1 to 15",
    source: "RFC 5905 §9.2",
    failure({ packet, referenceId: code }): Failure {
      const { leap: indicator, stratum } = packet;
      if (indicator !== leap.unsynchronized && stratum >= 1 && stratum <= 15) return undefined;
      const shown = indicator === leap.unsynchronized ? "leap 3" : `stratum ${stratum}`;
      const why = stratum === 0 && code !== "" ? `, ${code}` : "";
      return { reason: "unsynchronized", message: `is not synchronised (${shown}${why})` };
    },
  },
  {
    name: "its two timestamps are not zero",
    source: "RFC 5905 §9.2",
    checksTimestamps: true,
    failure: ({ packet: { receiveTimestamp, transmitTimestamp } }) =>
      unusableIf(
        receiveTimestamp === 0n || transmitTimestamp === 0n,
        "one of its timestamps is zero",
      ),
  },
  {
    name: "it left after its request arrived",
    source: "RFC 5905 §8",
    checksTimestamps: true,
    failure: (reply) => unusableIf(processingOf(reply) < 0n, "it left before its request arrived"),
  },
  {
    name: "the server took no longer than the exchange",
    source: "RFC 5905 §8",
    needsTimes: true,
    checksTimestamps: true,
    failure(reply): Failure {
      const elapsed = reply.receivedAt.epochNanoseconds - reply.sentAt.epochNanoseconds;
      // Both timestamps may be off by the server's precision: 16 ms where it has 64 ticks a second.
      const ticks = 2n * precisionOf(reply.packet);
      const tolerance = ticks > TOLERANCE_NANOSECONDS ? ticks : TOLERANCE_NANOSECONDS;
      const isLonger = processingOf(reply) > elapsed + tolerance;
      return unusableIf(isLonger, "it took longer than the whole exchange");
    },
  },
  {
    name: `the server took no more than ${MAX_PROCESSING_SECONDS} s`,
    source: "chrony's limit",
    checksTimestamps: true,
    failure: (reply) =>
      unusableIf(
        processingOf(reply) > nanosecondsOf(MAX_PROCESSING_SECONDS),
        `it took more than ${MAX_PROCESSING_SECONDS} s`,
      ),
  },
  {
    name: `its own error bound is below ${MAX_DISPERSION_SECONDS} s`,
    source: "RFC 5905 §9.2",
    failure({ packet }): Failure {
      const bound = packet.rootDelay / 2 + packet.rootDispersion;
      return unusableIf(
        bound >= MAX_DISPERSION_SECONDS,
        `its error bound is ${formatSeconds(bound)}, not below ${MAX_DISPERSION_SECONDS} s`,
      );
    },
  },
  {
    name: `its root distance is at most ${MAX_ROOT_DISTANCE_SECONDS} s`,
    // chrony's maxdistance; MAXDIST of the RFC is 1 s, which a server without internet soon exceeds.
    source: "chrony; RFC 5905 §7.2: 1 s",
    needsTimes: true,
    failure(reply, maxRootDistance): Failure {
      const distance = reply.rootDistance.total("seconds");
      return unusableIf(
        distance > maxRootDistance,
        `its root distance is ${formatSeconds(distance)}, above ${maxRootDistance} s`,
      );
    },
  },
];

type Failure = ReturnType<NtpTrustTest["failure"]>;

function unusableIf(isUnusable: boolean, problem: string): Failure {
  return isUnusable
    ? { reason: "unusable", message: `sent an unusable reply: ${problem}` }
    : undefined;
}

/**
 * Whether a reply has a time of its server: it is no kiss-o'-death (RFC 5905 §7.4), and its timestamps
 * do not contradict each other. A server that is not synchronised has a time, if not the right one.
 * `isTimed` is whether T1 and T4 are known.
 */
export function hasTime(reply: TestedReply, isTimed: boolean): boolean {
  return reply.packet.stratum !== 0 &&
    trustTests.every(({ checksTimestamps, needsTimes, failure }) =>
      !checksTimestamps || needsTimes && !isTimed || failure(reply, Infinity) === undefined
    );
}

/** T3 - T2: how long the server had the request, by its own clock. */
function processingOf({ packet }: Pick<NtpReply, "packet">): bigint {
  return toNanoseconds(difference(packet.transmitTimestamp, packet.receiveTimestamp));
}
