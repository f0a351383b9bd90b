/** What is left of a normal distribution if its value is known to lie within a range. */
export interface TruncatedNormal {
  /** Relative to the mean before. */
  readonly mean: number;
  readonly variance: number;
  /** The part of the distribution that lay within the range. */
  readonly probability: number;
}

/** The density of the standard normal distribution. */
function density(x: number): number {
  return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** Its integral up to a value, exact to 7.5e-8 (Abramowitz and Stegun 26.2.17). */
function integral(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t *
              (-1.821255978 + t * 1.330274429))));
  const tail = density(x) * series;
  return x > 0 ? 1 - tail : tail;
}

/**
 * Cuts a normal distribution to a range.
 *
 * @param variance Above 0
 * @param middle The middle of the range, relative to the mean
 * @param width Its width; not much less than a deviation, or the result is inexact
 */
export function truncateNormal(variance: number, middle: number, width: number): TruncatedNormal {
  const deviation = Math.sqrt(variance);
  const [low, high] = [(middle - width / 2) / deviation, (middle + width / 2) / deviation];
  const probability = integral(high) - integral(low);
  const mean = (density(low) - density(high)) / probability;
  const rest = 1 - (high * density(high) - low * density(low)) / probability - mean ** 2;
  return { mean: mean * deviation, variance: rest * variance, probability };
}
