/** The noise of a clock: a quick jitter and a slow wander, the same for all readings at one moment. */
import type { UnixTime } from "./clock.ts";

/** A new jitter value every this many nanoseconds. */
const JITTER_NS = 15_625_000;
const JITTERS_PER_SECOND = 64;

/** Wander goes straight from one of its points to the next, this many seconds later. */
const WANDER_SECONDS = 64;

/** Their shares: together they have the requested standard deviation, a little less between points. */
const JITTER = 0.6;
const WANDER = 0.8;

/**
 * Computes the error of a clock in whole nanoseconds, with this standard deviation, for a seed of 32 bits and
 * the time since the noise began.
 */
export function noiseNs(deviationNs: number, seed: number, time: Readonly<UnixTime>): number {
  const tick = time.seconds * JITTERS_PER_SECOND + Math.floor(time.nanoseconds / JITTER_NS);
  const point = Math.floor(time.seconds / WANDER_SECONDS);
  const share = (time.seconds - point * WANDER_SECONDS + time.nanoseconds / 1e9) / WANDER_SECONDS;
  const wander = gaussian(~seed, point) * (1 - share) + gaussian(~seed, point + 1) * share;
  return Math.round(deviationNs * (JITTER * gaussian(seed, tick) + WANDER * wander));
}

/** A normally distributed number that depends on a seed and a whole number only. */
function gaussian(seed: number, number: number): number {
  const high = Math.floor(number / 2 ** 32);
  const first = mixed(mixed(seed ^ number) ^ high);
  const second = mixed(first ^ 0x9e3779b9);
  // Box and Muller; never the logarithm of 0.
  const radius = Math.sqrt(-2 * Math.log((first + 1) / 2 ** 32));
  return radius * Math.cos(2 * Math.PI * second / 2 ** 32);
}

/** The finalizer of MurmurHash3: each bit of the result depends on each of the number. */
function mixed(number: number): number {
  let h = number | 0;
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return (h ^ h >>> 16) >>> 0;
}
