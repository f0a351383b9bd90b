/** The time axis of a picture: round moments in UTC, with labels that differ and have room. */
import { roundStep } from "../value_axis.ts";

const MAX_TICKS = 10;

const DAY_SECONDS = 86_400;

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
  if (step >= DAY_SECONDS) return { label: "Date (UTC)", format: part(0, 10) };
  if (length >= DAY_SECONDS) return { label, format: part(5, 16) };
  if (step >= 60) return { label, format: part(11, 16) };
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { label, format: part(11, digits === 0 ? 19 : 20 + digits) };
}
