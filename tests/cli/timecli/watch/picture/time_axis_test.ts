import { assert, assertEquals } from "@std/assert";
import { createTimeAxis } from "../../../../../src/cli/timecli/watch/picture/time_axis.ts";

const start = Date.UTC(2026, 10, 22, 20);

/** How wide a character is at most, and the plot that the labels stand below. */
const [CHARACTER, WIDTH] = [7, 800];

Deno.test("createTimeAxis has labels that differ, with room between them, for any length", () => {
  for (const seconds of [0, 0.05, 0.4, 1.5, 4, 18, 61, 700, 3600, 40_000, 100_000, 3e6, 9e7]) {
    const { domain: [from, to], ticks, format } = createTimeAxis(start, start + seconds * 1000);
    const labels = ticks.map(format);
    const what = `${seconds} s: ${labels}`;
    assert(ticks.length >= 3 && ticks.length <= 11, what);
    assertEquals(new Set(labels).size, labels.length, what);
    assert(from.getTime() < start && to.getTime() > start + seconds * 1000, what);
    const [first, second] = ticks.map(Number);
    const apart = ((second ?? NaN) - (first ?? NaN)) / (to.getTime() - from.getTime()) * WIDTH;
    assert(apart > (labels[0] ?? "").length * CHARACTER, what);
  }
});

Deno.test("createTimeAxis writes as much of a moment as is needed", () => {
  const [first, second] = [4, 400_000].map((seconds) => {
    const { ticks, format, label } = createTimeAxis(start, start + seconds * 1000);
    return [label, ...ticks.slice(0, 2).map(format)];
  });
  assertEquals(first, ["Time (UTC)", "20:00:00.0", "20:00:00.5"]);
  assertEquals(second, ["Time (UTC)", "11-23 00:00", "11-23 12:00"]);
  const days = createTimeAxis(start, start + 9e9);
  assertEquals([days.label, days.format(new Date(start))], ["Date (UTC)", "2026-11-22"]);
});
