import type { NtsFlaw } from "../../protocols/responder.ts";
import type { TimeSpan } from "../../text/duration.ts";

/** When a fault is triggered; without any of these, for every reply. */
export interface FaultWhen {
  /**
   * The probability for each request, 0 to 1.
   *
   * @default {1}
   */
  readonly probability?: number;
  /**
   * The number of requests that are spared first.
   *
   * @default {0}
   */
  readonly after?: number;
  /**
   * Only every n-th request: 3 is the third, the sixth and so on.
   *
   * @default {1}
   */
  readonly every?: number;
  /** The time after the faults were set at which it begins; by default at once. */
  readonly from?: TimeSpan;
  /** The time after the faults were set at which it ends; by default never. */
  readonly to?: TimeSpan;
  /** The networks whose requests it applies to, and counts; by default all. */
  readonly clients?: string | readonly string[];
}

/** A late reply, or a request that is received late. */
export interface DelayFault extends FaultWhen {
  /** The delay, up to an hour; timers are accurate to about a millisecond. */
  readonly time: TimeSpan;
  /**
   * The variation of the delay.
   *
   * @default {0}
   */
  readonly jitter?: TimeSpan;
  /**
   * The distribution of the delay: `uniform` within `time` ± `jitter`; `normal` with `jitter` as the
   * standard deviation; `pareto` upwards only, by `jitter` times a heavy tail (shape 1.5, minus 1).
   * The delay is never below 0 or above an hour.
   *
   * @default {"uniform"}
   */
  readonly distribution?: "uniform" | "normal" | "pareto";
  /**
   * The delayed datagram: the `request`, before its timestamp, or the `reply`. A delay on one way alone
   * shifts the offset that an NTP client measures by half of it.
   *
   * @default {"reply"}
   */
  readonly path?: "request" | "reply";
}

/** Extra copies of a reply. */
export interface DuplicateFault extends FaultWhen {
  /**
   * The number of extra copies, 1 to 16.
   *
   * @default {1}
   */
  readonly copies?: number;
}

/** A reply that is held until the next one has left. */
export interface ReorderFault extends FaultWhen {
  /**
   * The maximum time that it is held, if no other leaves.
   *
   * @default {"1s"}
   */
  readonly time?: TimeSpan;
}

/** A reply without its end. */
export interface TruncateFault extends FaultWhen {
  /** The octets that are left; by default a random number, at least one. */
  readonly length?: number;
}

/** A reply with flipped bits. */
export interface CorruptFault extends FaultWhen {
  /**
   * The number of flipped bits.
   *
   * @default {1}
   */
  readonly bits?: number;
}

/** Random octets in place of a reply. */
export interface GarbageFault extends FaultWhen {
  /** The number of octets, up to 1232; by default the length of the reply. */
  readonly length?: number;
}

/** A kiss-o'-death (KoD) in place of the time. */
export interface KissFault extends FaultWhen {
  /**
   * The kiss code: one to four capital letters and digits (RFC 5905 §7.4).
   *
   * @default {"RATE"}
   */
  readonly code?: string;
}

/** A wrong value in a field of the NTP header. */
export interface FieldFault<Value> extends FaultWhen {
  /** The value to send. */
  readonly value?: Value;
}

/** A wrong stratum, 0 to 255; by default 16. */
export type StratumFault = FieldFault<number>;

/** A wrong leap indicator; by default `unsynchronized`. */
export type LeapbitsFault = FieldFault<"none" | "insert" | "delete" | "unsynchronized">;

/** A version that was not requested, 0 to 7; by default 7. */
export type VersionFault = FieldFault<number>;

/** A wrong NTS of a reply (RFC 8915); by default `nak`. */
export type NtsFault = FieldFault<NtsFlaw>;

/** How a key exchange of NTS fails (RFC 8915 §4); by default `refuse`. */
export type NtsKeFault = FieldFault<NtsKeFlaw>;

/**
 * - `refuse`: the answer is an error record, "internal server error"
 * - `stall`: no answer, until the time for the connection is over
 * - `no-cookies`: an answer without cookies
 * - `expired`: a certificate that has expired, of a server with `ntsSelfSigned`; another closes the connection
 */
export type NtsKeFlaw = "refuse" | "stall" | "no-cookies" | "expired";

/** A mode that no server has, 0 to 7; by default 3. */
export type ModeFault = FieldFault<number>;

/** A wrong reference id. */
export interface RefidFault extends FaultWhen {
  /** The reference id: one to four ASCII characters, or an IPv4 address. */
  readonly value: string;
}

/** A wrong root distance; at least one of the two is given. */
export interface DistanceFault extends FaultWhen {
  /** The root dispersion, up to 65535 seconds. */
  readonly dispersion?: TimeSpan;
  /** The root delay, up to 65535 seconds. */
  readonly delay?: TimeSpan;
}

/** A timestamp that is missing, or does not fit the others. */
export interface TimestampsFault extends FaultWhen {
  /**
   * `zero`, which stands for no time; 64 `random` bits; an hour too `early` or too `late`.
   *
   * @default {"zero"}
   */
  readonly value?: "zero" | "random" | "early" | "late";
  /**
   * The timestamp.
   *
   * @default {"transmit"}
   */
  readonly field?: "reference" | "receive" | "transmit" | "all";
}

/** One fault: a probability, or an object with its values; or several of its kind. */
export type Fault<Rule extends FaultWhen = FaultWhen> = number | Rule | readonly Rule[];

/**
 * The faults of a listener. Those of NTP do not apply to replies of other protocols.
 *
 * @example Every third reply is lost, and half of the others are late
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
  /** NTP: a wrong stratum. */
  readonly stratum?: Fault<StratumFault>;
  /** NTP: a wrong leap indicator. */
  readonly leapbits?: Fault<LeapbitsFault>;
  /** NTP: a wrong reference id. */
  readonly refid?: Fault<RefidFault>;
  /** NTP: a wrong root delay or root dispersion. */
  readonly distance?: Fault<DistanceFault>;
  /** NTP: timestamps that are zero, random, or an hour off. */
  readonly timestamps?: Fault<TimestampsFault>;
  /** NTP: a random origin timestamp, as in a reply to another request. */
  readonly origin?: Fault;
  /** NTP: a wrong version. */
  readonly version?: Fault<VersionFault>;
  /** NTP: a wrong mode. */
  readonly mode?: Fault<ModeFault>;
  /** NTP by NTS: a NAK, or a reply that a client must not trust. */
  readonly nts?: Fault<NtsFault>;
  /** NTS: a key exchange that fails. It counts key exchanges, not requests. */
  readonly "nts-ke"?: Fault<NtsKeFault>;
  /** The first reply of its protocol since the faults were set, once more. */
  readonly replay?: Fault;
  /** Random octets in place of the reply. */
  readonly garbage?: Fault<GarbageFault>;
  /** Flipped bits. */
  readonly corrupt?: Fault<CorruptFault>;
  /** A reply without its end. */
  readonly truncate?: Fault<TruncateFault>;
  /** No reply; the request is counted as refused for the cause `fault`. */
  readonly drop?: Fault;
  /** A late reply, or a request that is received late. */
  readonly delay?: Fault<DelayFault>;
  /** A reply that the next one overtakes. */
  readonly reorder?: Fault<ReorderFault>;
  /** Extra copies of the reply. */
  readonly duplicate?: Fault<DuplicateFault>;
  /** A reply from another port than the request was sent to. */
  readonly port?: Fault;
}

/** The name of a fault. */
export type FaultName = keyof FaultsOptions;
