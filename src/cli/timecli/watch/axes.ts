/** Axes of plots: values with ticks that distinguish any size, and time, as a span that ends now or between two moments. */
import { formatExactSeconds } from "../../../text/units.ts";

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400] as const;

/** Steps that are round on a clock, in seconds; below and above them, 1, 2 or 5 times a power of ten is. */
const clockSteps = [
  ...[1, 2, 5, 10, 15, 30].flatMap((count) => [count, count * MINUTE]),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
].toSorted((a, b) => a - b);

export interface ValueAxis {
  /** Round values that enclose all values. */
  readonly ticks: readonly number[];
  readonly unit: string;
  /** Formats a value in that unit, without it. */
  readonly number: (seconds: number) => string;
}

/** The share of values beyond either end of the middle 95 %. */
const TAIL = 0.025;

/** Values that widen the range by no more than this factor are no outliers. */
const MAX_WIDENING = 3;

/**
 * Chooses the range of an axis: that of all values, or of the middle 95 % where a few others would
 * flatten them. These belong at the ends of the axis, with a mark of their own.
 */
export function chooseRange(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const [min = 0, max = 0] = [sorted[0], sorted.at(-1)];
  const cut = Math.floor(sorted.length * TAIL);
  const [low = min, high = max] = [sorted[cut], sorted.at(-1 - cut)];
  // Values that are all the same have nothing to flatten.
  const isFlattened = high > low && max - min > MAX_WIDENING * (high - low);
  if (!isFlattened) return [min, max];
  // Values near the middle belong to it.
  const reach = (high - low) / 2;
  return [
    sorted.find((value) => value >= low - reach) ?? low,
    sorted.findLast((value) => value <= high + reach) ?? high,
  ];
}

/** Rounds a step up to a round one. */
export function roundStep(min: number): number {
  if (min > 0.5 && min <= 12 * HOUR) {
    return clockSteps.find((step) => step >= min) ?? DAY;
  }
  const unit = min > DAY / 2 ? DAY : 1;
  const power = 10 ** Math.floor(Math.log10(min / unit));
  const step = [1, 2, 5, 10].find((factor) => factor * power * unit >= min * (1 - 1e-9)) ?? 10;
  return step * power * unit;
}

/** Creates an axis of about `count` steps for values from `min` to `max` seconds. */
export function createValueAxis(min: number, max: number, count: number): ValueAxis {
  // Equal values are placed in the middle.
  const margin = min === max ? Math.abs(min) / 10 || 1e-6 : 0;
  const step = roundStep((max - min + 2 * margin) / count);
  const first = Math.floor((min - margin) / step);
  const last = Math.ceil((max + margin) / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
  const [unit, factor] = unitOf(step, Math.max(...ticks.map(Math.abs)));
  const digits = Math.max(0, -Math.floor(Math.log10(step * factor) + 1e-9));
  const number = (seconds: number): string => {
    const text = (seconds * factor).toFixed(digits);
    return Number(text) === 0 ? "0" : text;
  };
  return { ticks, unit, number };
}

function unitOf(step: number, largest: number): readonly [unit: string, factor: number] {
  if (step >= DAY) return ["d", 1 / DAY];
  if (step >= HOUR) return ["h", 1 / HOUR];
  if (step >= MINUTE) return ["min", 1 / MINUTE];
  if (largest >= 1) return ["s", 1];
  if (largest >= 1e-3) return ["ms", 1e3];
  return largest >= 1e-6 ? ["µs", 1e6] : ["ns", 1e9];
}

/** Removes the error of a multiplication, which would show as 3.0000000000000004. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** A value that others are relative to, where they are far from 0 and close together. */
export interface Base {
  readonly seconds: number;
  /** The value with its sign and unit. */
  readonly text: string;
}

/** Values this many times their range away from 0 look alike in four digits. */
const FAR = 250;

/** Chooses a base for values from `min` to `max`; none if that is 0. */
export function chooseBase(min: number, max: number): Base | undefined {
  const [middle, range] = [(min + max) / 2, max - min];
  if (!(range > 0)) return undefined;
  const isLong = Math.abs(middle) >= HOUR && range < 4 * MINUTE;
  if (Math.abs(middle) < FAR * range && !isLong) return undefined;
  // Coarse, so that it stays the same when the range grows, and reads as `+4 s`.
  const grain = Math.min(MINUTE, 10 ** (Math.ceil(Math.log10(range)) + 1));
  const seconds = tidy(Math.round(middle / grain) * grain);
  return { seconds, text: formatBase(seconds, grain) };
}

function formatBase(seconds: number, grain: number): string {
  const text = formatExactSeconds(seconds, grain).replace(/\.0+(?= )|(\.\d+?)0+(?= )/, "$1");
  return seconds < 0 ? text : `+${text}`;
}

/** A scale of the time axis of `timecli watch`, in seconds. */
export interface TimeSpan {
  /** The length of the axis, which ends now. */
  readonly seconds: number;
  readonly tick: number;
}

/** All scales, the shortest first. */
export const timeSpans: readonly [TimeSpan, ...TimeSpan[]] = [
  { seconds: 15, tick: 5 },
  { seconds: 30, tick: 10 },
  { seconds: MINUTE, tick: 15 },
  { seconds: 5 * MINUTE, tick: MINUTE },
  { seconds: 15 * MINUTE, tick: 3 * MINUTE },
  { seconds: HOUR, tick: 15 * MINUTE },
  { seconds: 6 * HOUR, tick: 2 * HOUR },
  { seconds: DAY, tick: 6 * HOUR },
];

/** A scale grows up to this one by itself. */
const MAX_GROWN_SECONDS = MINUTE;

/** A plot of fewer exchanges shows little. */
const MIN_EXCHANGES = 30;

/**
 * Chooses the index of the scale until the user does: the time elapsed, up to a minute, or more where
 * requests are rare.
 */
export function chooseSpan(elapsedSeconds: number, sent: number): number {
  const interval = elapsedSeconds / Math.max(1, sent);
  const wanted = Math.min(elapsedSeconds, Math.max(MAX_GROWN_SECONDS, MIN_EXCHANGES * interval));
  const index = timeSpans.findIndex(({ seconds }) => seconds >= wanted);
  return index === -1 ? timeSpans.length - 1 : index;
}

/** A label has the room of a tenth of a picture. */
const MAX_TICKS = 10;

export interface TimeAxis {
  /** Its ends, with room for the labels there. */
  readonly domain: readonly [Date, Date];
  readonly ticks: readonly Date[];
  readonly label: string;
  readonly format: (at: Date) => string;
}

/** Creates an axis from one moment to another, in milliseconds since the Unix epoch. */
export function createTimeAxis(firstMs: number, lastMs: number): TimeAxis {
  const lengthMs = Math.max(lastMs - firstMs, 100);
  const margin = lengthMs / 50 + (lengthMs - (lastMs - firstMs)) / 2;
  const [from, to] = [firstMs - margin, lastMs + margin];
  const step = Math.max(0.001, roundStep((to - from) / 1000 / MAX_TICKS));
  const stepMs = step * 1000;
  const first = Math.ceil(from / stepMs);
  const count = Math.max(0, Math.floor(to / stepMs) - first + 1);
  return {
    domain: [new Date(from), new Date(to)],
    ticks: Array.from({ length: count }, (_, i) => new Date(Math.round((first + i) * stepMs))),
    ...labelsFor(step, lengthMs / 1000),
  };
}

/** Shows the part of a moment that differs between ticks, and the date where there are several. */
function labelsFor(step: number, length: number): Pick<TimeAxis, "label" | "format"> {
  const part = (from: number, to: number) => (at: Date): string =>
    at.toISOString().slice(from, to).replace("T", " ");
  const label = "Time (UTC)";
  if (step >= DAY) return { label: "Date (UTC)", format: part(0, 10) };
  if (length >= DAY) return { label, format: part(5, 16) };
  if (step >= 60) return { label, format: part(11, 16) };
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { label, format: part(11, digits === 0 ? 19 : 20 + digits) };
}
