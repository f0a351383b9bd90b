/** What a server serves, as its control interface and its status page show it. */
import type { StatusSource } from "../clock/sources/source.ts";
import type { ClockState } from "../clock/sources/timeline/state.ts";

/** The status of a served clock, as NTP replies state it (RFC 5905 §7.3); times are in seconds. */
export interface ClockStatusState {
  /** The leap second that is announced. */
  readonly leap: "none" | "insert" | "delete" | "unsynchronized";
  /** Its stratum; 0 while it is not synchronised. */
  readonly stratum: number;
  /** Its reference id: an address or four letters; empty while it is not synchronised. */
  readonly referenceId: string;
  /** The round-trip delay to the reference clock; null while it is not synchronised. */
  readonly rootDelay: number | null;
  /** The root dispersion now; null likewise. */
  readonly rootDispersion: number | null;
  /** The greatest error of the time: half the root delay, and the root dispersion; null likewise. */
  readonly rootDistance: number | null;
  /** Whether clients may use the time. */
  readonly synchronized: boolean;
  /** Where the status comes from: the kernel, the options, nothing but a guess, or upstream servers. */
  readonly source: StatusSource;
}

/** A served clock with its status. */
export interface ServedClockState extends ClockState {
  /** How it differs from the machine's clock on purpose, each difference in a few words; usually empty. */
  readonly simulated: readonly string[];
  /** The status in NTP replies. */
  readonly status: ClockStatusState;
}

/** Something that an administrator should know. */
export interface ServerWarning {
  /** `bad` calls for action; `simulated` is a simulated clock; `warn` is good to know. */
  readonly level: "bad" | "simulated" | "warn";
  /** Its subject. */
  readonly kind:
    | "simulated"
    | "all_upstreams_lost"
    | "upstream_lost"
    | "falseticker"
    | "unsynchronized"
    | "leap_second"
    | "nts_certificate"
    | "listener_simulated"
    | "faults";
  /** The warning, a sentence or two. */
  readonly text: string;
  /** Since when, by the clock of the server's machine: ISO 8601 in UTC; null if that is not known. */
  readonly since: string | null;
}

/** NTS as a server serves it: what its control interface and its status page show. */

/**
 * How a key exchange ended.
 *
 * - `answered`: the client got cookies
 * - `nothing_in_common`: the client offers no NTPv4, or no AES-SIV-CMAC-256
 * - `bad_request`: the client sent records that are no request
 * - `failed`: TLS failed, the client spoke another protocol, or it closed the connection
 * - `timed_out`: the client took longer than five seconds
 * - `denied`: the address of the client is not allowed
 * - `rate_limited`: the client came too often
 * - `overload`: too many connections were open, of all clients or of this one
 */
export const keyExchangeOutcomes = [
  "answered",
  "nothing_in_common",
  "bad_request",
  "failed",
  "timed_out",
  "denied",
  "rate_limited",
  "overload",
] as const;

/** How a key exchange ended: one of {@linkcode keyExchangeOutcomes}. */
export type KeyExchangeOutcome = (typeof keyExchangeOutcomes)[number];

/** The number of key exchanges by outcome. */
export type KeyExchangeCounts = Readonly<Record<KeyExchangeOutcome, number>>;

/** NTS as a server serves it. */
export interface NtsState {
  /** The TCP addresses of the key exchange. */
  readonly addresses: readonly string[];
  /** The connections of key exchanges that are open now. */
  readonly connections: number;
  /** The key exchanges since the start, by outcome. */
  readonly keyExchanges: KeyExchangeCounts;
  /** When the newest key of cookies was made: ISO 8601 in UTC, by the clock of the server's machine. */
  readonly newestKey: string;
  /** When the certificate ends: ISO 8601 in UTC. */
  readonly certificateEnd: string;
}

/** The upstream servers that a server follows, as its control interface lists them. */

export const upstreamStates = [
  "selected",
  "combined",
  "distant",
  "falseticker",
  "silent",
  "unsynchronized",
  "refused",
] as const;

/**
 * The role of an upstream server.
 *
 * - `selected`: the nearest of those whose time is served
 * - `combined`: its time is combined with that of the selected one
 * - `distant`: it is right, but too far off to count
 * - `falseticker`: it contradicts the majority
 * - `silent`: it does not reply
 * - `unsynchronized`: it reports that it is not synchronised
 * - `refused`: it refuses service (KoD)
 */
export type UpstreamState = (typeof upstreamStates)[number];

/** An upstream server that a server follows. */
export interface SourceState {
  /** Its URL as it was given, without parameters. */
  readonly url: string;
  /** The address in use; null while its name is not known. */
  readonly address: string | null;
  /** Its role. */
  readonly state: UpstreamState;
  /** Its stratum. */
  readonly stratum: number | null;
  /** Its clock minus the served time, in seconds. */
  readonly offset: number | null;
  /** The error bound of the offset, in seconds. */
  readonly distance: number | null;
  /** The round-trip delay of its last reply, in seconds. */
  readonly delay: number | null;
  /** The standard deviation of the offset, in seconds. */
  readonly jitter: number | null;
  /** The interval between requests, as a power of two of seconds. */
  readonly poll: number;
  /** Which of the last eight requests were answered; the last one in the lowest bit. */
  readonly reach: number;
  /** Seconds since its last reply. */
  readonly lastReply: number | null;
  /** The requests sent to it, whatever its address. */
  readonly requests: number;
  /** The replies to them with a usable time. */
  readonly replies: number;
}

/** The upstream servers that a server follows, and what the served time is by them. */
export interface SourceList {
  /** The state of the served time. */
  readonly discipline: {
    /** Synchronised; without a majority of upstream servers (`holdover`); or served as not synchronised. */
    readonly state: "unsynchronized" | "synchronized" | "holdover";
    /** The greatest error of the served time in seconds, now; null while it is not synchronised. */
    readonly rootDistance: number | null;
  };
  /** The upstream servers, in the order of the options. */
  readonly upstreams: readonly SourceState[];
}
