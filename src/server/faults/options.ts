/** The faults of a listener, as they are asked for. */

/** A time span: seconds as a number, a text such as `50ms`, `1h30m` or `PT90M`, or a duration. */
export type FaultDuration = number | string | Temporal.Duration;

/** When a fault happens; at every answer without any of it. */
export interface FaultWhen {
  /**
   * How likely it is each time, 0 to 1.
   *
   * @default {1}
   */
  readonly probability?: number;
  /**
   * How many requests are spared first.
   *
   * @default {0}
   */
  readonly after?: number;
  /**
   * Every how many requests it may happen: 3 for the third, the sixth, and so on.
   *
   * @default {1}
   */
  readonly every?: number;
  /** How long after the faults were set it may happen first; from the beginning without it. */
  readonly from?: FaultDuration;
  /** How long after the faults were set it happens no more; for ever without it. */
  readonly to?: FaultDuration;
  /** The networks whose requests it befalls, and counts; everybody's without it. */
  readonly clients?: string | readonly string[];
}

/** An answer that comes late, or with times that say the request did. */
export interface DelayFault extends FaultWhen {
  /** How long, up to an hour; timers are right to about a millisecond. */
  readonly time: FaultDuration;
  /**
   * How far it varies.
   *
   * @default {0}
   */
  readonly jitter?: FaultDuration;
  /**
   * How it varies: `uniform` within `time` ± `jitter`; `normal` with `jitter` as the standard
   * deviation; `pareto` upwards only, by `jitter` times a heavy tail (shape 1.5, less 1). It is never
   * below 0 or above an hour.
   *
   * @default {"uniform"}
   */
  readonly distribution?: "uniform" | "normal" | "pareto";
  /**
   * Whose way it is: the `request`'s, before it is stamped, or the `reply`'s. One way alone makes an
   * NTP client's offset wrong by half of it.
   *
   * @default {"reply"}
   */
  readonly path?: "request" | "reply";
}

/** An answer that comes several times. */
export interface DuplicateFault extends FaultWhen {
  /**
   * How many more than one, 1 to 16.
   *
   * @default {1}
   */
  readonly copies?: number;
}

/** An answer that is overtaken: it is held until the next one has left. */
export interface ReorderFault extends FaultWhen {
  /**
   * How long it is held at most, if no other leaves.
   *
   * @default {"1s"}
   */
  readonly time?: FaultDuration;
}

/** An answer whose end is missing. */
export interface TruncateFault extends FaultWhen {
  /** How many octets are left, if there are more; some by chance without it, but at least one. */
  readonly length?: number;
}

/** An answer with bits that are the other way round. */
export interface CorruptFault extends FaultWhen {
  /**
   * How many.
   *
   * @default {1}
   */
  readonly bits?: number;
}

/** Random octets in place of an answer. */
export interface GarbageFault extends FaultWhen {
  /** How many, up to 1232; as many as the answer has without it. */
  readonly length?: number;
}

/** A kiss-o'-death in place of the time. */
export interface KissFault extends FaultWhen {
  /**
   * What it says: one to four capital letters and digits (RFC 5905 §7.4).
   *
   * @default {"RATE"}
   */
  readonly code?: string;
}

/** A stratum that is not the clock's. */
export interface StratumFault extends FaultWhen {
  /**
   * What the octet says, 0 to 255.
   *
   * @default {16}
   */
  readonly value?: number;
}

/** Leap bits that are not the clock's. */
export interface LeapbitsFault extends FaultWhen {
  /**
   * What they say.
   *
   * @default {"unsynchronized"}
   */
  readonly value?: "none" | "insert" | "delete" | "unsynchronized";
}

/** A reference id that is not the clock's. */
export interface RefidFault extends FaultWhen {
  /** What it says: one to four ASCII characters, or an IPv4 address. */
  readonly value: string;
}

/** A root distance that is not the clock's; at least one of the two is given. */
export interface DistanceFault extends FaultWhen {
  /** What the root dispersion says, up to 65535 seconds. */
  readonly dispersion?: FaultDuration;
  /** What the root delay says, up to 65535 seconds. */
  readonly delay?: FaultDuration;
}

/** A timestamp that is none, or does not fit to the others. */
export interface TimestampsFault extends FaultWhen {
  /**
   * What it says: `zero`, which is no time; 64 `random` bits; an hour too `early` or too `late`.
   *
   * @default {"zero"}
   */
  readonly value?: "zero" | "random" | "early" | "late";
  /**
   * Which one it is.
   *
   * @default {"transmit"}
   */
  readonly field?: "reference" | "receive" | "transmit" | "all";
}

/** A version that was not asked for. */
export interface VersionFault extends FaultWhen {
  /**
   * What the bits say, 0 to 7.
   *
   * @default {7}
   */
  readonly value?: number;
}

/** A mode that is no server's. */
export interface ModeFault extends FaultWhen {
  /**
   * What the bits say, 0 to 7.
   *
   * @default {3}
   */
  readonly value?: number;
}

/** One fault: a probability, what it does and when, or several of its kind. */
export type Fault<Rule extends FaultWhen = FaultWhen> = number | Rule | readonly Rule[];

/**
 * What goes wrong with the answers of a listener, on purpose. Those of NTP leave other answers alone.
 *
 * @example Every third answer is lost, and half of the others come late
 * ```ts
 * import type { FaultsOptions } from "@timesrv/timesrv/testing";
 * import { serve } from "@timesrv/timesrv";
 *
 * const faults: FaultsOptions = {
 *   drop: { every: 3 },
 *   delay: { time: "50ms", jitter: "10ms", distribution: "normal", probability: 0.5 },
 * };
 * await using server = await serve("ntp://127.0.0.1:0", { faults, seed: 42 });
 * ```
 */
export interface FaultsOptions {
  /** NTP: leap 3, stratum 0 and no reference, as from a server that has just started. */
  readonly unsynchronized?: Fault;
  /** NTP: a kiss-o'-death in place of the time. */
  readonly kiss?: Fault<KissFault>;
  /** NTP: another stratum. */
  readonly stratum?: Fault<StratumFault>;
  /** NTP: other leap bits. */
  readonly leapbits?: Fault<LeapbitsFault>;
  /** NTP: another reference id. */
  readonly refid?: Fault<RefidFault>;
  /** NTP: another root delay and root dispersion. */
  readonly distance?: Fault<DistanceFault>;
  /** NTP: timestamps that are zero, random, or an hour off. */
  readonly timestamps?: Fault<TimestampsFault>;
  /** NTP: an origin timestamp of random bits, as in an answer to somebody else. */
  readonly origin?: Fault;
  /** NTP: another version. */
  readonly version?: Fault<VersionFault>;
  /** NTP: another mode. */
  readonly mode?: Fault<ModeFault>;
  /** The first answer of its protocol since the faults were set, once more. */
  readonly replay?: Fault;
  /** Random octets in place of the answer. */
  readonly garbage?: Fault<GarbageFault>;
  /** Some bits the other way round. */
  readonly corrupt?: Fault<CorruptFault>;
  /** The end of the answer cut off. */
  readonly truncate?: Fault<TruncateFault>;
  /** No answer, counted as refused for the cause `fault`. */
  readonly drop?: Fault;
  /** The answer, or before it the request, comes late. */
  readonly delay?: Fault<DelayFault>;
  /** The answer is overtaken by the next one. */
  readonly reorder?: Fault<ReorderFault>;
  /** The answer comes several times. */
  readonly duplicate?: Fault<DuplicateFault>;
  /** The answer comes from another port than was asked. */
  readonly port?: Fault;
}

/** The name of a fault. */
export type FaultName = keyof FaultsOptions;
