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
 * What an upstream is to the server.
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
  /** What it is to the server. */
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
