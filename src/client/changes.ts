/** What has changed at a server since the exchange before: its stratum, its leap second, its clock. */
import { fromSeconds } from "../text/duration.ts";
import type { TimeReply } from "../protocols/registry.ts";
import type { Leap, NtpReply, SecondsReply } from "../protocols/reply.ts";

/** The server has another stratum than in its last reply. */
export interface StratumChange {
  /** Which kind of event it is. */
  readonly type: "stratum";
  /** The stratum before. */
  readonly from: number;
  /** The stratum now. */
  readonly to: number;
}

/** The server announces another leap second, or has lost or found its own time. */
export interface LeapChange {
  /** Which kind of event it is. */
  readonly type: "leap";
  /** What it announced before. */
  readonly from: Leap;
  /** What it announces now. */
  readonly to: Leap;
}

/** The offset has changed by more than error bounds and drift explain: a clock was set. */
export interface OffsetStep {
  /** Which kind of event it is. */
  readonly type: "step";
  /** From the offset before to the offset now. */
  readonly step: Temporal.Duration;
  /** How wrong that may be either way. */
  readonly errorBound: Temporal.Duration;
  /** Whose clock was set: the server's, or that of this machine. */
  readonly clock: "server" | "local";
}

/** Something has changed at a server. */
export type Change = StratumChange | LeapChange | OffsetStep;

/** This machine's two clocks, read at one moment. */
export interface Moment {
  /** The clock that is set. */
  readonly at: Temporal.Instant;
  /** Milliseconds of the one that is not. */
  readonly monotonicMs: number;
}

interface Measurement extends Moment {
  readonly offset: number;
  readonly bound: number;
}

/** As fast as a clock may be steered without being set: MAXFREQ of RFC 5905 §7.2, and many a daemon's limit. */
const LARGEST_DRIFT = 500e-6;

/** An offset has to agree with so many before it: the one with the least delay tells most. */
const REMEMBERED = 8;

/** Finds what has changed from one reply of a server to the next. */
export class ChangeDetector {
  #ntp: NtpReply | undefined;
  #measurements: Measurement[] = [];

  /**
   * Takes the next reply, which may not be a kiss.
   *
   * @param reply What came
   * @param moment When it came
   * @param isFit Whether its offset is to be trusted
   * @returns What has changed
   */
  next(reply: TimeReply, moment: Moment, isFit: boolean): Change[] {
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
    const step = isFit && "offset" in reply ? this.#measure(reply, moment) : undefined;
    return step ? [...changes, step] : changes;
  }

  #measure(reply: NtpReply | SecondsReply, moment: Moment): OffsetStep | undefined {
    const [offset, bound] = [reply.offset.total("seconds"), reply.errorBound.total("seconds")];
    const now: Measurement = { ...moment, offset, bound };
    const contradicted = this.#measurements.findLast((before) => contradicts(before, now));
    if (!contradicted) {
      this.#measurements = [...this.#measurements.slice(1 - REMEMBERED), now];
      return undefined;
    }
    const [last = contradicted] = this.#measurements.slice(-1);
    this.#measurements = [now];
    const step = offset - last.offset;
    // A clock set forward here brings the offset down by as much.
    const isLocal = Math.abs(step + wallStep(last, now)) < Math.abs(step) / 2;
    return {
      type: "step",
      step: fromSeconds(step),
      errorBound: fromSeconds(bound + last.bound),
      clock: isLocal ? "local" : "server",
    };
  }
}

function contradicts(before: Measurement, now: Measurement): boolean {
  const elapsed = (now.monotonicMs - before.monotonicMs) / 1000;
  const explained = before.bound + now.bound + LARGEST_DRIFT * elapsed;
  return Math.abs(now.offset - before.offset) > explained;
}

/** By how many seconds this machine's clock was set in between. */
function wallStep(before: Moment, now: Moment): number {
  const wall = now.at.since(before.at).total("seconds");
  return wall - (now.monotonicMs - before.monotonicMs) / 1000;
}
