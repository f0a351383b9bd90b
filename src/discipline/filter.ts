/** Offset and frequency of one upstream server, estimated from exchanges whose queues are never alike. */
import { estimateByFloors, type Offset } from "./floors.ts";
import { type Sample, STAMP_NOISE, wanderVariance } from "./sample.ts";
import { truncateNormal } from "./truncated_normal.ts";

/** What is known about an upstream's clock at a moment. */
export interface Estimate {
  /** Its clock minus the base clock, in seconds. */
  readonly offset: number;
  /** How fast that grows, in seconds per second. */
  readonly frequency: number;
  /** The standard deviations of the two. */
  readonly offsetDeviation: number;
  readonly frequencyDeviation: number;
}

/** How far an oscillator may wander, one assumption per filter: per root of a second. */
const WANDERS = [1e-11, 1e-10, 1e-9, 1e-8, 1e-7];

/** Before anything is known of it: crystals are off by up to 100 ppm, most of them by far less. */
const FIRST_FREQUENCY_DEVIATION = 50e-6;

/**
 * The variance of a share of which nothing is known: mostly queues are alike. If it could as well be anywhere from -1/2
 * to 1/2, a few exchanges that were held up on one way would pass for a share.
 */
const UNKNOWN_SHARE = 0.003;

/** What the asymmetry of queues may change by from one sample to the next, as a variance. */
const SHARE_WANDER = 1e-5;

/** How inexactly the ends of the range of an offset are known: this share of the excess that is not seen. */
const SOFTNESS = 0.3;

/** A range that is narrower than this many deviations shows the offset, one that is wider only excludes others. */
const NARROW_DEVIATIONS = 1;
/** A range so far off that less than this part of the estimate is within it is an outlier. */
const MIN_PROBABILITY = 1e-3;

/** An innovation beyond this many deviations is weighed down to it. */
const MAX_DEVIATIONS = 3;
/** The likelihood of what is farther off than this (its square, in deviations) counts no less. */
const MAX_SQUARE = 12;

/** How much of an assumption's past counts after each sample, and the least that is left of any. */
const MEMORY = 0.97;
const MIN_WEIGHT = 1e-6;

/** What a jump of the base clock multiplies the variance of the frequency by. */
const FREQUENCY_DOUBT = 4;

const MAX_SAMPLES = 64;
const MIN_SAMPLES = 8;
const MAX_AGE_SECONDS = 8 * 3600;

/** The samples that the interval between requests is chosen by. */
const RECENT_SAMPLES = 8;

/** The estimate under one assumption: offset, frequency, share of the excess delay, and their covariance. */
interface Hypothesis {
  offset: number;
  frequency: number;
  share: number;
  /** Variances and covariances, in this order of the three. */
  oo: number;
  of: number;
  os: number;
  ff: number;
  fs: number;
  ss: number;
  weight: number;
}

/**
 * Five Kalman filters side by side, which differ only in how much they let the oscillator wander; their
 * likelihoods weigh them. From the eighth sample on, the quickest datagrams of each way are asked too, and of
 * both offsets that with the smaller variance counts; the frequency of the others is newer.
 *
 * If the queues on both ways are alike, the error of an offset is uniform within half of the delay beyond the
 * least one, and never beyond it: so a slow exchange counts little, but is not thrown away, and one whose range
 * holds all that is likely changes nothing. Which share of the excess is an offset, where queues are not alike, is
 * the third state.
 */
export class UpstreamFilter {
  readonly #hypotheses: Hypothesis[] = [];
  readonly #samples: Sample[] = [];
  /** The moment that the estimates are about. */
  #at = 0;
  /** What the quickest datagrams show, where that is better. */
  #floors: Offset | undefined;

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Adds a sample, no older than the last one. */
  add(sample: Sample): void {
    this.#keep(sample);
    const { at, offset, delay } = sample;
    if (this.#samples.length === 1) {
      this.#at = at;
      for (const i of WANDERS.keys()) {
        this.#hypotheses[i] = firstHypothesis(sample, this.#hypotheses[i]);
      }
      return;
    }
    const delays = this.#samples.map(({ delay }) => delay);
    const excess = delay - Math.min(...delays);
    const unseen = unseenExcess(delays, delay);
    // No exchange is off by more than half of its delay, however long the others were.
    const range = Math.min(excess + unseen, delay);
    const noise = (SOFTNESS * unseen) ** 2 + STAMP_NOISE ** 2;
    const elapsed = at - this.#at;
    const likelihoods = this.#hypotheses.map((hypothesis, i) => {
      predict(hypothesis, WANDERS[i] as number, elapsed);
      hypothesis.ss = Math.min(hypothesis.ss + SHARE_WANDER, UNKNOWN_SHARE);
      return update(hypothesis, { offset, excess, range, noise });
    });
    this.#at = at;
    this.#weigh(likelihoods);
    const { frequency, frequencyVariance, variance } = this.#mix(0);
    const floors = estimateByFloors(this.#samples, {
      ...{ frequency, frequencyDeviation: Math.sqrt(frequencyVariance), wander: this.#wander },
      queueSeconds: queueOf(delays),
    });
    this.#floors = floors !== undefined && floors.variance < variance ? floors : undefined;
  }

  /** The estimate for a moment no earlier than the last sample; undefined without one. */
  estimate(at: number): Estimate | undefined {
    if (this.#samples.length === 0) return undefined;
    const elapsed = Math.max(at - this.#at, 0);
    const mixed = this.#mix(elapsed);
    const frequencyDeviation = Math.sqrt(mixed.frequencyVariance);
    const { offset, variance } = this.#floors === undefined ? mixed : {
      offset: this.#floors.offset + mixed.frequency * elapsed,
      variance: this.#floors.variance + mixed.frequencyVariance * elapsed ** 2 +
        wanderVariance(this.#wander, elapsed),
    };
    return {
      ...{ offset, frequency: mixed.frequency },
      ...{ offsetDeviation: Math.sqrt(variance), frequencyDeviation },
    };
  }

  /** How far the clocks may have moved apart in a time without a sample, as a deviation in seconds. */
  wanderWithin(seconds: number): number {
    const variance = this.#hypotheses.reduce((sum, { ff, weight }, i) => {
      return sum + weight * (seconds ** 2 * ff + wanderVariance(WANDERS[i] as number, seconds));
    }, 0);
    return Math.sqrt(variance);
  }

  /** The deviation of a typical recent sample, in seconds; undefined without enough of them. */
  get sampleDeviation(): number | undefined {
    const delays = this.#samples.slice(-RECENT_SAMPLES).map(({ delay }) => delay);
    const [last] = delays.slice(-1);
    if (last === undefined) return undefined;
    const unseen = unseenExcess(delays, last);
    return Math.sqrt(1.5 * (meanExcess(delays) + unseen) ** 2 / 12);
  }

  /** Forgets the offsets: the base clock jumped. What is known of the frequency stays, with less trust. */
  forgetOffsets(): void {
    this.#samples.length = 0;
    this.#floors = undefined;
    for (const hypothesis of this.#hypotheses) hypothesis.ff *= FREQUENCY_DOUBT;
  }

  /** Adds to every offset, as at a leap second. */
  shift(seconds: number): void {
    for (const hypothesis of this.#hypotheses) hypothesis.offset += seconds;
    if (this.#floors !== undefined) {
      this.#floors = { ...this.#floors, offset: this.#floors.offset + seconds };
    }
    this.#samples.forEach((sample, i) => {
      this.#samples[i] = { ...sample, offset: sample.offset + seconds };
    });
  }

  /** The hypotheses as one, some seconds after the last sample. */
  #mix(seconds: number): Offset & { frequency: number; frequencyVariance: number } {
    const predicted = this.#hypotheses.map((hypothesis, i) => {
      const copy = { ...hypothesis };
      predict(copy, WANDERS[i] as number, seconds);
      return copy;
    });
    const mean = (of: (each: Hypothesis) => number): number =>
      predicted.reduce((sum, each) => sum + each.weight * of(each), 0);
    const offset = mean((each) => each.offset);
    const frequency = mean((each) => each.frequency);
    return {
      ...{ offset, frequency },
      variance: mean((each) => each.oo + (each.offset - offset) ** 2),
      frequencyVariance: mean((each) => each.ff + (each.frequency - frequency) ** 2),
    };
  }

  /** How far the oscillator wanders, as the hypotheses have it: a mean that no unlikely one decides. */
  get #wander(): number {
    return this.#hypotheses.reduce(
      (sum, { weight }, i) => sum + weight * (WANDERS[i] as number) ** (1 / 4),
      0,
    ) ** 4;
  }

  #keep(sample: Sample): void {
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    const oldest = sample.at - MAX_AGE_SECONDS;
    while (this.#samples.length > MIN_SAMPLES && (this.#samples[0] as Sample).at < oldest) {
      this.#samples.shift();
    }
  }

  #weigh(likelihoods: readonly number[]): void {
    const best = Math.max(...likelihoods);
    let sum = 0;
    this.#hypotheses.forEach((hypothesis, i) => {
      const before = Math.max(hypothesis.weight, MIN_WEIGHT) ** MEMORY;
      hypothesis.weight = before * Math.exp((likelihoods[i] as number) - best);
      sum += hypothesis.weight;
    });
    for (const hypothesis of this.#hypotheses) hypothesis.weight /= sum;
  }
}

function firstHypothesis({ offset, delay }: Sample, before: Hypothesis | undefined): Hypothesis {
  return {
    ...{ offset, frequency: before?.frequency ?? 0, share: 0 },
    ...{ oo: delay ** 2 / 12, of: 0, os: 0, fs: 0, ss: UNKNOWN_SHARE },
    ff: before?.ff ?? FIRST_FREQUENCY_DEVIATION ** 2,
    weight: before?.weight ?? 1 / WANDERS.length,
  };
}

/** As many samples show what is typical, whatever the longest of them were. */
const MANY_SAMPLES = 8;

/** The mean of exponential queues both ways, by their median. */
const MEAN_PER_MEDIAN = 1.2;

/** The delay beyond the least that is typical: the mean, unless a few exchanges were held up for long. */
function typicalExcess(delays: readonly number[]): number {
  const mean = meanExcess(delays);
  if (delays.length < MANY_SAMPLES) return mean;
  const sorted = delays.toSorted((a, b) => a - b);
  const median = (sorted[sorted.length >> 1] as number) - (sorted[0] as number);
  return Math.min(mean, MEAN_PER_MEDIAN * median);
}

/** The mean time that a datagram waits on one way, whose least is not seen either. */
function queueOf(delays: readonly number[]): number {
  const { length } = delays;
  return Math.max(typicalExcess(delays) * length / (length - 1.5) / 2, STAMP_NOISE);
}

/** The delay beyond the least, on average. */
function meanExcess(delays: readonly number[]): number {
  return delays.reduce((sum, delay) => sum + delay, 0) / delays.length - Math.min(...delays);
}

/**
 * The excess that even the quickest of these exchanges may have had: what is to be expected of queues that are
 * exponential both ways, and no less than a share of the delay while there are hardly any.
 */
function unseenExcess(delays: readonly number[], delay: number): number {
  const count = delays.length;
  const expected = 0.7 * (1 + 3 / count) * typicalExcess(delays) / Math.sqrt(count);
  return Math.max(expected, delay / count ** 2);
}

function predict(hypothesis: Hypothesis, wander: number, seconds: number): void {
  const { of, ff, fs, frequency } = hypothesis;
  hypothesis.offset += frequency * seconds;
  hypothesis.oo += 2 * seconds * of + seconds ** 2 * ff + wanderVariance(wander, seconds);
  hypothesis.of += seconds * ff + wander ** 2 * seconds ** 2 / 2;
  hypothesis.os += seconds * fs;
  hypothesis.ff += wander ** 2 * seconds;
}

/** What an exchange shows: an offset within a range around the measured one, whose ends are known to a variance. */
interface Measurement {
  readonly offset: number;
  readonly excess: number;
  readonly range: number;
  readonly noise: number;
}

/** What a measurement changes, per covariance of the state with it, and the logarithm of its likelihood. */
interface Gain {
  readonly mean: number;
  readonly variance: number;
  readonly likelihood: number;
}

/** Corrects a hypothesis by a measurement, and returns the logarithm of its likelihood. */
function update(hypothesis: Hypothesis, { offset, excess, range, noise }: Measurement): number {
  const { oo, of, os, ff, fs, ss } = hypothesis;
  // The measured offset is the offset plus the share of the excess.
  const [po, pf, ps] = [oo + excess * os, of + excess * fs, os + excess * ss];
  const innovation = offset - hypothesis.offset - excess * hypothesis.share;
  // Rounding must not make it negative, where one sample is far better than all before.
  const prior = Math.max(po + excess * ps, 0);
  const { mean, variance, likelihood } = cut(innovation, range, prior + noise) ??
    compare(innovation, prior + noise + range ** 2 / 12);
  hypothesis.offset += po * mean;
  hypothesis.frequency += pf * mean;
  hypothesis.share = Math.min(Math.max(hypothesis.share + ps * mean, -0.5), 0.5);
  hypothesis.oo = Math.max(oo - variance * po * po, 0);
  hypothesis.ff = Math.max(ff - variance * pf * pf, 0);
  hypothesis.ss = Math.max(ss - variance * ps * ps, 0);
  hypothesis.of = covariance(of - variance * po * pf, hypothesis.oo, hypothesis.ff);
  hypothesis.os = covariance(os - variance * po * ps, hypothesis.oo, hypothesis.ss);
  hypothesis.fs = covariance(fs - variance * pf * ps, hypothesis.ff, hypothesis.ss);
  return likelihood;
}

/** Excludes what is out of the range; undefined where that is nearly all. */
function cut(innovation: number, range: number, variance: number): Gain | undefined {
  if (range ** 2 < NARROW_DEVIATIONS ** 2 * variance) return undefined;
  const rest = truncateNormal(variance, innovation, range);
  if (!(rest.probability > MIN_PROBABILITY)) return undefined;
  return {
    mean: rest.mean / variance,
    variance: Math.max(1 - rest.variance / variance, 0) / variance,
    // As that below, it leaves out a constant of the normal distribution.
    likelihood: Math.log(rest.probability / range) + 0.5 * Math.log(2 * Math.PI),
  };
}

/** Takes the measured offset as one with a variance, and an outlier as one with a greater variance. */
function compare(innovation: number, variance: number): Gain {
  const square = innovation ** 2 / variance;
  const likelihood = -0.5 * (Math.log(variance) + Math.min(square, MAX_SQUARE));
  const weight = Math.min(1, MAX_DEVIATIONS ** 2 / square) / variance;
  return { mean: innovation * weight, variance: weight, likelihood };
}

/** A covariance that the two variances allow, whatever was rounded. */
function covariance(value: number, one: number, other: number): number {
  const most = Math.sqrt(one * other);
  return Math.min(Math.max(value, -most), most);
}
