import type { Random } from "./schedule.ts";

/** How long a delay can be. */
export const MAX_DELAY_MS = 3_600_000;

/** How a delay varies. */
export const distributions = ["uniform", "normal", "pareto"] as const;

/** A delay as it was read. */
export interface Delay {
  readonly timeMs: number;
  readonly jitterMs: number;
  readonly distribution: (typeof distributions)[number];
}

/** Finite mean, infinite variance: most are short, and now and then one is very long. */
const PARETO_SHAPE = 1.5;

/** Draws a delay in milliseconds. */
export function drawDelay({ timeMs, jitterMs, distribution }: Delay, random: Random): number {
  if (jitterMs === 0) return timeMs;
  const delayMs = timeMs + jitterMs * deviates[distribution](random);
  return Math.min(Math.max(delayMs, 0), MAX_DELAY_MS);
}

/** How many jitters a delay is off, for each distribution. */
const deviates: Readonly<Record<Delay["distribution"], (random: Random) => number>> = {
  uniform: (random) => 2 * random() - 1,
  // Box and Muller's; 1 less the number, for the logarithm of 0 is none.
  normal: (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  pareto: (random) => (1 - random()) ** (-1 / PARETO_SHAPE) - 1,
};
