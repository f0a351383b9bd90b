import { fromSeconds } from "../text/duration.ts";
import type { TimeReply } from "../protocols/registry.ts";
import type { Leap, NtpReply, SecondsReply } from "../protocols/reply.ts";
import type { QueryError } from "../protocols/failure.ts";

/** The stratum of the server has changed. */
export interface StratumChange {
  /** Which kind of event it is. */
  readonly type: "stratum";
  /** The stratum before. */
  readonly from: number;
  /** The stratum now. */
  readonly to: number;
}

/** The leap indicator of the server has changed. */
export interface LeapChange {
  /** Which kind of event it is. */
  readonly type: "leap";
  /** The leap indicator before. */
  readonly from: Leap;
  /** The leap indicator now. */
  readonly to: Leap;
}

/**
 * The offset has changed by more than error bounds, drift and jitter explain, for two exchanges: a clock
 * was stepped.
 */
export interface OffsetStep {
  /** Which kind of event it is. */
  readonly type: "step";
  /** The change of the offset. */
  readonly step: Temporal.Duration;
  /** The error bound of `step`, either way. */
  readonly errorBound: Temporal.Duration;
  /** Which clock was stepped: the server's, or that of this machine. */
  readonly clock: "server" | "local";
  /** When the first exchange that shows it ended, by this machine's clock: the next one confirmed it. */
  readonly since: Temporal.Instant;
}

/** A change at a server. */
export type Change = StratumChange | LeapChange | OffsetStep;

/** A reading of this machine's two clocks: the one that can be set, and the one that never is. */
export interface Moment {
  readonly at: Temporal.Instant;
  readonly monotonicMs: number;
}

interface Measurement extends Moment {
  readonly offset: number;
  readonly bound: number;
}

/** The fastest slew of a clock that is not stepped: MAXFREQ of RFC 5905 §7.2, and the limit of many daemons. */
const MAX_DRIFT = 500e-6;

/** A step exceeds the noise by this factor: that of a clock that runs away grows to twice with the second exchange. */
const NOISE_FACTOR = 2.5;

/** An offset is compared with this many before it: the one with the least delay has the tightest bound. */
const MAX_MEASUREMENTS = 8;

export class ChangeDetector {
  #ntp: NtpReply | undefined;
  #measurements: Measurement[] = [];
  /** A measurement that contradicts those before, until the next one confirms it. */
  #suspect: Measurement | undefined;
  /** The largest difference of two offsets that neither bounds nor drift explain, in seconds. */
  #noise = 0;
  /** That of before the last step. */
  #pastNoise = 0;

  /** Compares the next reply, which must not be a kiss-o'-death, with those before. */
  next(reply: TimeReply, moment: Moment, isTrusted: boolean): Change[] {
    const changes: Change[] = [];
    if (reply.protocol === "ntp") {
      const before = this.#ntp ?? reply;
      this.#ntp = reply;
      if (reply.stratum !== before.stratum) {
        changes.push({ type: "stratum", from: before.stratum, to: reply.stratum });
      }
      if (reply.leap !== before.leap) {
        changes.push({ type: "leap", from: before.leap, to: reply.leap });
      }
    }
    const step = isTrusted && "offset" in reply ? this.#measure(reply, moment) : undefined;
    return step ? [...changes, step] : changes;
  }

  /** Reports a step once two measurements in a row show it. */
  #measure(reply: NtpReply | SecondsReply, moment: Moment): OffsetStep | undefined {
    const [offset, bound] = [reply.offset.total("seconds"), reply.errorBound.total("seconds")];
    const now: Measurement = { ...moment, offset, bound };
    const suspect = this.#suspect;
    const isConfirmed = suspect && unexplained(suspect, now) <= NOISE_FACTOR * this.#noise;
    if (isConfirmed && this.#contradicts(now)) return this.#report(suspect, now);
    // A late packet, whose bound is wide, decides nothing.
    if (isConfirmed && bound > suspect.bound) return undefined;
    if (suspect) this.#keep(suspect);
    this.#suspect = this.#contradicts(now) ? now : undefined;
    if (!this.#suspect) this.#keep(now);
    return undefined;
  }

  #contradicts(now: Measurement): boolean {
    return this.#measurements.some((before) =>
      unexplained(before, now) > NOISE_FACTOR * this.#noise
    );
  }

  #keep(measurement: Measurement): void {
    this.#measurements = [...this.#measurements.slice(1 - MAX_MEASUREMENTS), measurement];
    const pairs = this.#measurements.flatMap((a, i) =>
      this.#measurements.slice(0, i).map((b) => unexplained(a, b))
    );
    this.#noise = Math.max(this.#pastNoise, ...pairs);
  }

  #report(first: Measurement, second: Measurement): OffsetStep {
    const now = second.bound < first.bound ? second : first;
    const last = this.#measurements.at(-1) as Measurement;
    this.#suspect = undefined;
    this.#pastNoise = this.#noise;
    this.#measurements = [];
    this.#keep(first);
    this.#keep(second);
    const step = now.offset - last.offset;
    // A step forward of the local clock lowers the offset by as much.
    const isLocal = Math.abs(step + wallStep(last, now)) < Math.abs(step) / 2;
    return {
      type: "step",
      step: fromSeconds(step),
      errorBound: fromSeconds(now.bound + last.bound),
      clock: isLocal ? "local" : "server",
      since: first.at,
    };
  }
}

/** The part of a difference that neither bounds nor drift explain, in seconds; below 0 if there is none. */
function unexplained(before: Measurement, now: Measurement): number {
  const elapsed = Math.abs(now.monotonicMs - before.monotonicMs) / 1000;
  return Math.abs(now.offset - before.offset) - before.bound - now.bound - MAX_DRIFT * elapsed;
}

/** The step of this machine's clock between two moments, in seconds. */
function wallStep(before: Moment, now: Moment): number {
  const wall = now.at.since(before.at).total("seconds");
  return wall - (now.monotonicMs - before.monotonicMs) / 1000;
}

/** The server has sent no time that can be trusted for several requests in a row. */
export interface OutageStart {
  /** Which kind of event it is. */
  readonly type: "gone";
  /** Why the last of them failed. */
  readonly error: QueryError;
}

/** A server sends the time again after an outage. */
export interface OutageEnd {
  /** Which kind of event it is. */
  readonly type: "back";
  /** The time since the first request that failed. */
  readonly after: Temporal.Duration;
}

/** UDP always loses a few datagrams; this many failures in a row are an outage. */
const MIN_FAILURES = 3;

/** Reports an outage once, whatever its cause becomes: a port closes, then the machine goes down. */
export class OutageDetector {
  #failures = 0;
  #sinceMs = NaN;

  /** Counts the next exchange; a kiss-o'-death is neither a failure nor a success. */
  next(error: QueryError | undefined, monotonicMs: number): OutageStart | OutageEnd | undefined {
    if (error?.reason === "kiss_o_death") return undefined;
    if (error) {
      if (this.#failures++ === 0) this.#sinceMs = monotonicMs;
      return this.#failures === MIN_FAILURES ? { type: "gone", error } : undefined;
    }
    const wasGone = this.#failures >= MIN_FAILURES;
    this.#failures = 0;
    if (!wasGone) return undefined;
    const milliseconds = Math.round(monotonicMs - this.#sinceMs);
    return { type: "back", after: Temporal.Duration.from({ milliseconds }) };
  }
}
