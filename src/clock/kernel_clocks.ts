/** The kernel's clocks, read without allocating: the one of this machine, and the one that upstream servers correct. */
import {
  CLOCK_BOOTTIME,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_RAW,
  CLOCK_REALTIME,
  type Libc,
  openClock,
  openLibc,
  TIMESPEC,
  unsupportedSystem,
  zeroed,
} from "../system/libc.ts";
import { isGranted } from "../system/permission.ts";
import { type Clock, readTime, type UnixTime } from "./clock.ts";
import { joinNs, splitNs } from "./line.ts";

/** The clock of this machine, ten times faster than `Temporal`. */
export class RealtimeClock implements Clock {
  readonly #timespec = zeroed(TIMESPEC.size);
  readonly #words = new Int32Array(this.#timespec.buffer);
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  read(time: UnixTime): void {
    this.#libc.call.clock_gettime(CLOCK_REALTIME, this.#timespec);
    time.seconds = secondsOf(this.#words, TIMESPEC.seconds / 4);
    time.nanoseconds = this.#words[TIMESPEC.nanoseconds / 4] as number;
  }
}

/** A number of 64 bits from its two halves: a bigint would be garbage for every datagram. */
export function secondsOf(words: Int32Array, at: number): number {
  const [low, high] = [words[at] as number, words[at + 1] as number];
  // Until 2038 the low half is the number, and there is nothing to compute.
  return high === 0 && low >= 0 ? low : (low >>> 0) + high * 2 ** 32;
}

/** What is added to the raw clock, so that it reads near Unix time: the same in all threads. */
export type RawOrigin = Readonly<UnixTime>;

/** `CLOCK_MONOTONIC_RAW` plus an origin: whatever other programs do to the system's clock, it is neither set nor slewed. */
export class RawClock implements Clock {
  readonly #libc: Libc;
  readonly #origin: RawOrigin;
  readonly #timespec = zeroed(TIMESPEC.size);
  readonly #words = new Int32Array(this.#timespec.buffer);

  constructor(libc: Libc, origin: RawOrigin) {
    this.#libc = libc;
    this.#origin = origin;
  }

  read(time: UnixTime): void {
    this.#libc.call.clock_gettime(CLOCK_MONOTONIC_RAW, this.#timespec);
    add(
      time,
      this.#origin,
      secondsOf(this.#words, TIMESPEC.seconds / 4),
      this.#words[TIMESPEC.nanoseconds / 4] as number,
    );
  }
}

/** The clock of the main thread, and what other threads and suspends need of it. */
export interface RawBase {
  readonly clock: Clock;
  /** Undefined where it is not `CLOCK_MONOTONIC_RAW`, which needs Linux and the permission `ffi`. */
  readonly origin: RawOrigin | undefined;
  /** Whether the machine stood still since this was called last. */
  hasSlept(): boolean;
}

/** A suspend that is shorter does not matter. */
const MIN_SLEEP_MS = 50;

/** Opens the raw clock of this machine. It reads what the system's clock shows now. */
export function openRawClock(): RawBase {
  const nowNs = Temporal.Now.instant().epochNanoseconds;
  const originOf = (clock: Clock): RawOrigin => splitNs(nowNs - joinNs(readTime(clock)));
  if (unsupportedSystem() !== undefined || !isGranted({ name: "ffi" })) {
    const clock = new PerformanceClock(originOf(new PerformanceClock(NO_ORIGIN)));
    // Setting the system's clock looks the same, and costs no more than a few requests.
    const leadMs = (): number => Date.now() - performance.now();
    return { clock, origin: undefined, hasSlept: watchLead(leadMs) };
  }
  const libc = openLibc();
  const origin = originOf(new RawClock(libc, NO_ORIGIN));
  // A suspend stops only the latter.
  const boottimeNs = openClock(libc, CLOCK_BOOTTIME);
  const monotonicNs = openClock(libc, CLOCK_MONOTONIC);
  const leadMs = (): number => (boottimeNs() - monotonicNs()) / 1e6;
  return { clock: new RawClock(libc, origin), origin, hasSlept: watchLead(leadMs) };
}

const NO_ORIGIN: RawOrigin = { seconds: 0, nanoseconds: 0 };

function watchLead(leadMs: () => number): () => boolean {
  let before = leadMs();
  return (): boolean => {
    const now = leadMs();
    const hasSlept = Math.abs(now - before) > MIN_SLEEP_MS;
    before = now;
    return hasSlept;
  };
}

/** `performance.now()` plus an origin: raw on macOS and Windows, slewed with the system's clock on Linux. */
class PerformanceClock implements Clock {
  readonly #origin: RawOrigin;

  constructor(origin: RawOrigin) {
    this.#origin = origin;
  }

  read(time: UnixTime): void {
    const ms = performance.now();
    const seconds = Math.floor(ms / 1000);
    add(time, this.#origin, seconds, Math.floor((ms - seconds * 1000) * 1e6));
  }
}

function add(time: UnixTime, origin: RawOrigin, seconds: number, nanoseconds: number): void {
  const sum = nanoseconds + origin.nanoseconds;
  const carry = sum >= 1e9 ? 1 : 0;
  time.seconds = seconds + origin.seconds + carry;
  time.nanoseconds = sum - carry * 1e9;
}

/** Readings of a clock before and after another one that are this close need not be repeated, however often. */
const CLOSE_NS = 5000;
const MAX_READINGS = 4;

/** A receive timestamp that is older, or in the future: the system's clock was set in between. */
const MAX_STAMP_AGE_NS = 1e9;

/** Converts the kernel's receive timestamps, which are of the system's clock, into times of another clock. */
export class StampConverter {
  readonly #to: Clock;
  readonly #from: Clock;
  readonly #now: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #stamped: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #before: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #after: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #reading: UnixTime = { seconds: 0, nanoseconds: 0 };

  constructor(from: Clock, to: Clock) {
    this.#from = from;
    this.#to = to;
  }

  /**
   * Reads both clocks as if at one moment: before each batch, as the system's clock may be set at any moment. A
   * hold-up between two readings would be an error that no client can see, so readings that are far apart are
   * repeated.
   */
  renew(): void {
    let leastNs = Infinity;
    for (let i = 0; i < MAX_READINGS && leastNs > CLOSE_NS; i++) {
      this.#to.read(this.#before);
      this.#from.read(this.#reading);
      this.#to.read(this.#after);
      const apartNs = (this.#after.seconds - this.#before.seconds) * 1e9 +
        (this.#after.nanoseconds - this.#before.nanoseconds);
      if (apartNs >= leastNs) continue;
      leastNs = apartNs;
      this.#stamped.seconds = this.#reading.seconds;
      this.#stamped.nanoseconds = this.#reading.nanoseconds;
      this.#now.seconds = this.#before.seconds;
      this.#now.nanoseconds = this.#before.nanoseconds + Math.round(apartNs / 2);
    }
  }

  /** Converts a timestamp in place. */
  convert(stamp: UnixTime): void {
    const now = this.#now;
    const ageNs = (this.#stamped.seconds - stamp.seconds) * 1e9 +
      (this.#stamped.nanoseconds - stamp.nanoseconds);
    const nanoseconds = now.nanoseconds - (ageNs >= 0 && ageNs <= MAX_STAMP_AGE_NS ? ageNs : 0);
    const carry = Math.floor(nanoseconds / 1e9);
    stamp.seconds = now.seconds + carry;
    stamp.nanoseconds = nanoseconds - carry * 1e9;
  }
}
