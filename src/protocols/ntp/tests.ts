/**
 * What an NTP reply has to pass before anything is believed of it (RFC 5905 §8, §9.2): named tests,
 * each with where it is written, for the client to apply and for people to see applied.
 */
import { decodeNtpPacket, leap, mode, NTP_HEADER_LENGTH } from "./packet.ts";
import { difference, toNanoseconds } from "./timestamp.ts";
import { nanosecondsOf, precisionOf } from "./measurement.ts";
import type { QueryFailure } from "../failure.ts";
import type { NtpReply } from "../reply.ts";
import { formatSeconds } from "../../text/units.ts";

/** What a test is called, and by whom it is prescribed. */
interface Named {
  /** What is held against the reply. */
  readonly name: string;
  /** The document and section. */
  readonly source: string;
}

/** A test of any datagram from the server: one that fails is ignored, and must not end the wait. */
export interface MatchTest extends Named {
  /** Why it is no reply to the request; in words. It comes after all tests before it were passed. */
  rejection(octets: Uint8Array, request: Uint8Array): string | undefined;
}

/** How far from the truth a server may be, by its root distance, if nothing else is said: in seconds. */
export const MAX_ROOT_DISTANCE_SECONDS = 3;

/** What the tests look at. */
export type TestedReply = Omit<NtpReply, "url" | "hasTime">;

/** A test of a reply that belongs to the request: one that fails tells no usable time. */
export interface TrustTest extends Named {
  /** Whether it takes the client's own two times. */
  readonly needsTimes: boolean;
  /** Whether it is of the server's two times: a reply that fails it has none that mean anything. */
  readonly checksTimestamps: boolean;
  /** What is wrong with it; the message goes on after the name of the server. */
  failure(
    reply: TestedReply,
    maxRootDistance: number,
  ): { readonly reason: QueryFailure; readonly message: string } | undefined;
}

/** In order: what a stray or forged datagram fails. */
export const matchTests: readonly MatchTest[] = [
  {
    name: "48 octets or more, a multiple of 4",
    source: "RFC 5905 §7.3",
    rejection: ({ length }) =>
      length < NTP_HEADER_LENGTH || length % 4 !== 0
        ? `no NTP packet (${length} octets)`
        : undefined,
  },
  {
    name: "mode is 4, a server's",
    source: "RFC 5905 §9.2",
    rejection(octets): string | undefined {
      const packet = decodeNtpPacket(octets);
      return packet.mode === mode.server ? undefined : `mode ${packet.mode}, not 4`;
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
    rejection: (octets, request) =>
      decodeNtpPacket(octets).originTimestamp === decodeNtpPacket(request).transmitTimestamp
        ? undefined
        : "its origin timestamp is not the one sent",
  },
];

/** What the codes of RFC 5905 §7.4 and RFC 8915 §5.7 mean to a client. */
const kissWords: Readonly<Record<string, string>> = {
  RATE: "asks for fewer requests",
  DENY: "denies service",
  RSTR: "restricts service",
  NTSN: "knows no such NTS cookie",
};

/** Codes of a server that has just started or stepped its clock, and refuses nobody (RFC 5905 §7.4). */
const startingCodes: readonly string[] = ["INIT", "STEP"];

/** Beyond this a server is as good as unreachable: MAXDISP of RFC 5905 §7.2, in seconds. */
const MAX_DISPERSION_SECONDS = 16;

/** No server keeps a request that long; chrony's limit, in seconds. */
const LONGEST_PROCESSING_SECONDS = 4;

/** Contradictions up to this are clock granularity, not lies: in nanoseconds. */
const TOLERANCE_NANOSECONDS = 1_000_000n;

/** In order: what a reply fails that is not fit to trust. */
export const trustTests: readonly TrustTest[] = [
  {
    name: "no kiss-o'-death",
    source: "RFC 5905 §7.4",
    needsTimes: false,
    checksTimestamps: false,
    failure({ packet, referenceId: code }): ReturnType<TrustTest["failure"]> {
      if (packet.stratum !== 0 || packet.referenceId === 0 || startingCodes.includes(code)) {
        return undefined;
      }
      return { reason: "kiss-o-death", message: `${kissWords[code] ?? "refuses"} (kiss ${code})` };
    },
  },
  {
    name: "synchronised: leap below 3, stratum 1 to 15",
    source: "RFC 5905 §9.2",
    needsTimes: false,
    checksTimestamps: false,
    failure({ packet, referenceId: code }): ReturnType<TrustTest["failure"]> {
      const { leap: indicator, stratum } = packet;
      if (indicator !== leap.unsynchronized && stratum >= 1 && stratum <= 15) return undefined;
      const says = indicator === leap.unsynchronized ? "leap 3" : `stratum ${stratum}`;
      const why = stratum === 0 && code !== "" ? `, ${code}` : "";
      return { reason: "unsynchronized", message: `is not synchronised (${says}${why})` };
    },
  },
  usable("its two timestamps are not zero", "RFC 5905 §9.2", ({ packet }) => {
    const { receiveTimestamp, transmitTimestamp } = packet;
    return receiveTimestamp === 0n || transmitTimestamp === 0n
      ? "a timestamp of it is zero"
      : undefined;
  }, { checksTimestamps: true }),
  usable(
    "it left after its request came",
    "RFC 5905 §8",
    (reply) => processingOf(reply) < 0n ? "it left before its request came" : undefined,
    { checksTimestamps: true },
  ),
  usable("it took no longer than the exchange", "RFC 5905 §8", (reply) => {
    const elapsed = reply.receivedAt.epochNanoseconds - reply.sentAt.epochNanoseconds;
    // Each of the two timestamps may be off by the server's precision: 16 ms where it has 64 ticks a second.
    const ticks = 2n * precisionOf(reply.packet);
    const tolerance = ticks > TOLERANCE_NANOSECONDS ? ticks : TOLERANCE_NANOSECONDS;
    return processingOf(reply) > elapsed + tolerance
      ? "it took longer than the whole exchange"
      : undefined;
  }, { needsTimes: true, checksTimestamps: true }),
  usable(
    `it took no more than ${LONGEST_PROCESSING_SECONDS} s`,
    "chrony's limit",
    (reply) =>
      processingOf(reply) > nanosecondsOf(LONGEST_PROCESSING_SECONDS)
        ? `it took more than ${LONGEST_PROCESSING_SECONDS} s`
        : undefined,
    { checksTimestamps: true },
  ),
  usable(
    `its own error bound is below ${MAX_DISPERSION_SECONDS} s`,
    "RFC 5905 §9.2",
    ({ packet }) => {
      const claimed = packet.rootDelay / 2 + packet.rootDispersion;
      return claimed >= MAX_DISPERSION_SECONDS
        ? `its error bound is ${
          formatSeconds(claimed)
        }, with ${MAX_DISPERSION_SECONDS} s or more no time at all`
        : undefined;
    },
  ),
  usable(
    `its root distance is at most ${MAX_ROOT_DISTANCE_SECONDS} s`,
    "RFC 5905 §11.2.1",
    (reply, maxRootDistance) => {
      const distance = reply.rootDistance.total("seconds");
      return distance > maxRootDistance
        ? `its root distance is ${formatSeconds(distance)}, above ${maxRootDistance} s`
        : undefined;
    },
    { needsTimes: true },
  ),
];

/** A test whose failure makes a reply contradict itself, or say too little. */
function usable(
  name: string,
  source: string,
  problemOf: (reply: TestedReply, maxRootDistance: number) => string | undefined,
  { needsTimes = false, checksTimestamps = false } = {},
): TrustTest {
  return {
    name,
    source,
    needsTimes,
    checksTimestamps,
    failure(reply, maxRootDistance): ReturnType<TrustTest["failure"]> {
      const problem = problemOf(reply, maxRootDistance);
      if (problem === undefined) return undefined;
      return { reason: "unusable", message: `sent an unusable reply: ${problem}` };
    },
  };
}

/**
 * Whether a reply has a time of its server: it is no kiss-o'-death (RFC 5905 §7.4), and its timestamps
 * do not contradict themselves. A server that is not synchronised has a time, if not the right one.
 *
 * @param reply The reply
 * @param isTimed Whether the client's own two times are known
 */
export function hasTime(reply: TestedReply, isTimed = true): boolean {
  return reply.packet.stratum !== 0 &&
    trustTests.every(({ checksTimestamps, needsTimes, failure }) =>
      !checksTimestamps || needsTimes && !isTimed || failure(reply, Infinity) === undefined
    );
}

/** T3 - T2: how long the server had the request, by its own clock. */
function processingOf({ packet }: Pick<NtpReply, "packet">): bigint {
  return toNanoseconds(difference(packet.transmitTimestamp, packet.receiveTimestamp));
}
