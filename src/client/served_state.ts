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
  /** What it is about. */
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
