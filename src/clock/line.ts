/** Served time as a straight line over system time, exact to the nanosecond. */
import { SECOND_NS } from "../text/duration.ts";
import type { UnixTime } from "./clock.ts";

const SECOND = 1_000_000_000;

/** From one moment on, served time runs at one rate. Times are split as in {@linkcode UnixTime}. */
export interface Line {
  readonly systemSeconds: number;
  readonly systemNanoseconds: number;
  readonly servedSeconds: number;
  readonly servedNanoseconds: number;
  /** Nanoseconds per second that it gains on system time, a whole number: -10^9 stands still. */
  readonly gainPpb: number;
}

export const IDENTITY: Line = {
  systemSeconds: 0,
  systemNanoseconds: 0,
  servedSeconds: 0,
  servedNanoseconds: 0,
  gainPpb: 0,
};

/**
 * Converts system time into served time, in place, rounded down. Every product is a whole number below
 * 2^53, up to some 10^10 seconds from the start of the line and a million times the rate of time.
 */
export function toServed(line: Line, time: UnixTime): void {
  let elapsedSeconds = time.seconds - line.systemSeconds;
  let elapsedNanoseconds = time.nanoseconds - line.systemNanoseconds;
  if (elapsedNanoseconds < 0) {
    elapsedNanoseconds += SECOND;
    elapsedSeconds--;
  }
  let seconds = line.servedSeconds + elapsedSeconds;
  let nanoseconds = line.servedNanoseconds + elapsedNanoseconds;
  if (line.gainPpb !== 0) {
    const whole = Math.trunc(line.gainPpb / SECOND);
    const part = line.gainPpb - whole * SECOND;
    seconds += whole * elapsedSeconds;
    nanoseconds += whole * elapsedNanoseconds + partOfNanoseconds(elapsedNanoseconds, part);
    // Ten thousand seconds gain units of 10,000 ns each.
    const tenThousands = Math.floor(elapsedSeconds / 1e4);
    const units = tenThousands * part;
    const gained = Math.floor(units / 1e5);
    seconds += gained;
    nanoseconds += (units - gained * 1e5) * 1e4 + (elapsedSeconds - tenThousands * 1e4) * part;
  }
  const carry = Math.floor(nanoseconds / SECOND);
  time.seconds = seconds + carry;
  time.nanoseconds = nanoseconds - carry * SECOND;
}

/** `nanoseconds × part / 10^9`, rounded down, both below 10^9. */
function partOfNanoseconds(nanoseconds: number, part: number): number {
  const high = Math.floor(nanoseconds / 1e5);
  const low = nanoseconds - high * 1e5;
  const quotient = Math.floor(high * part / 1e4);
  const rest = high * part - quotient * 1e4;
  return quotient + Math.floor((rest * 1e5 + low * part) / SECOND);
}

/** The same in bigint nanoseconds since the Unix epoch, for planning. */
export interface Plan {
  readonly systemNs: bigint;
  readonly servedNs: bigint;
  readonly gainPpb: bigint;
}

/** Served time by a plan, rounded down. */
export function servedAt({ systemNs, servedNs, gainPpb }: Plan, nowNs: bigint): bigint {
  const elapsedNs = nowNs - systemNs;
  return servedNs + elapsedNs + floorDivide(elapsedNs * gainPpb, SECOND_NS);
}

/**
 * The first moment at which served time has reached `targetNs`: is no less, or no more where it runs
 * backwards; undefined if it stands still. A target behind it gives a moment before the plan's.
 */
export function systemAt(plan: Plan, targetNs: bigint): bigint | undefined {
  const rate = SECOND_NS + plan.gainPpb;
  const distance = targetNs - plan.servedNs;
  if (rate === 0n) return undefined;
  // Rounded up, so that it is reached.
  if (rate > 0n) return plan.systemNs - floorDivide(-distance * SECOND_NS, rate);
  // Backwards, served time is rounded down to the target a nanosecond before it is reached.
  return plan.systemNs + floorDivide(-(distance + 1n) * SECOND_NS, -rate) + 1n;
}

export function toLine({ systemNs, servedNs, gainPpb }: Plan): Line {
  const [system, served] = [splitNs(systemNs), splitNs(servedNs)];
  return {
    systemSeconds: system.seconds,
    systemNanoseconds: system.nanoseconds,
    servedSeconds: served.seconds,
    servedNanoseconds: served.nanoseconds,
    gainPpb: Number(gainPpb),
  };
}

export function splitNs(ns: bigint): UnixTime {
  const seconds = floorDivide(ns, SECOND_NS);
  return { seconds: Number(seconds), nanoseconds: Number(ns - seconds * SECOND_NS) };
}

export function joinNs({ seconds, nanoseconds }: Readonly<UnixTime>): bigint {
  return BigInt(seconds) * SECOND_NS + BigInt(nanoseconds);
}

/** Division rounding down, as `>>` does; `/` on bigints rounds towards zero. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return quotient * divisor > dividend ? quotient - 1n : quotient;
}
