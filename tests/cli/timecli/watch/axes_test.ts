import { assert, assertEquals } from "@std/assert";
import {
  chooseBase,
  chooseRange,
  chooseSpan,
  createTimeAxis,
  createValueAxis,
  roundStep,
  timeSpans,
} from "../../../../src/cli/timecli/watch/axes.ts";

Deno.test("roundStep is round on a clock from a second to a day, and in decimals elsewhere", () => {
  const table: [least: number, step: number][] = [
    [3e-7, 5e-7],
    [0.002, 0.002],
    [0.021, 0.05],
    [0.5, 0.5],
    [0.6, 1],
    [6, 10],
    [11, 15],
    [31, 60],
    [1000, 1800],
    [5000, 7200],
    [43_200, 43_200],
    [43_201, 86_400],
    [250_000, 432_000],
    [1e7, 17_280_000],
  ];
  for (const [least, step] of table) assertEquals(Number(roundStep(least).toPrecision(9)), step);
});

Deno.test("createValueAxis has round ticks around all values, and labels that differ, in one unit", () => {
  for (const middle of [0, 1e-9, -3e-6, 0.02, 4, -61, 3601, 1e5, 4.1e8]) {
    for (const range of [0, 1e-8, 7e-5, 0.3, 5, 200, 9000, 1e6, 1e9]) {
      const [min, max] = [middle - range / 2, middle + range / 2];
      const base = chooseBase(min, max)?.seconds ?? 0;
      for (const count of [1, 2, 6]) {
        const { ticks, number, unit } = createValueAxis(min - base, max - base, count);
        const what = `${middle} ± ${range}: ${ticks.map(number)} ${unit}`;
        assert((ticks[0] ?? NaN) <= min - base && (ticks.at(-1) ?? NaN) >= max - base, what);
        assert(ticks.length >= 2 && ticks.length <= count + 3, what);
        const labels = ticks.map(number);
        assertEquals(new Set(labels).size, ticks.length, what);
        for (const label of labels) assert(label.length <= 6, what);
      }
    }
  }
});

Deno.test("createValueAxis uses minutes, hours and days", () => {
  const axes: [min: number, max: number, labels: string[]][] = [
    [-1e-5, 3e-5, ["-10", "0", "10", "20", "30", "µs"]],
    [0, 0.0004, ["0", "100", "200", "300", "400", "µs"]],
    [0.0001, 0.004, ["0", "1", "2", "3", "4", "ms"]],
    [0, 200, ["0", "1", "2", "3", "4", "min"]],
    [0, 259_200, ["0", "1", "2", "3", "d"]],
    [-7200, 7200, ["-2", "-1", "0", "1", "2", "h"]],
    [0, 4e8, ["0", "2000", "4000", "6000", "d"]],
    [0, 8e-7, ["0", "200", "400", "600", "800", "ns"]],
    [0, 1e-6, ["0", "0.5", "1.0", "µs"]],
    [0, 0.001, ["0", "0.5", "1.0", "ms"]],
    [0, 1, ["0", "0.5", "1.0", "s"]],
    [-0.4, 1.2, ["-0.5", "0", "0.5", "1.0", "1.5", "s"]],
  ];
  for (const [min, max, labels] of axes) {
    const { ticks, number, unit } = createValueAxis(min, max, 4);
    assertEquals([...ticks.map(number), unit], labels);
  }
});

Deno.test("chooseBase names the base of values that are far from 0 and close together", () => {
  const table: [min: number, max: number, text: string | undefined][] = [
    [4.00001, 4.00004, "+4 s"],
    [-4.00004, -4.00001, "-4 s"],
    [-1e-5, 1e-5, undefined],
    [4, 4, undefined],
    [3, 5, undefined],
    [4, 4.02, undefined],
    [4, 4.0159, "+4 s"],
    [0.02500001, 0.02500003, "+25 ms"],
    [59.2, 59.3, "+59 s"],
    [413_340_677.25, 413_340_677.2501, "+4784 d 0 h 51 min 17.25 s"],
    [413_340_640, 413_340_700, "+4784 d 0 h 51 min"],
    [0, 4e8, undefined],
    [-1e8, 4e8, undefined],
  ];
  for (const [min, max, text] of table) {
    const base = chooseBase(min, max);
    assertEquals(base?.text, text);
    if (base) assert(Math.abs(base.seconds - min) < 60 + 20 * (max - min));
  }
});

Deno.test("chooseRange leaves out a few values that would flatten the others", () => {
  const even = Array.from({ length: 80 }, (_, i) => i);
  // Two in eighty are a tail of 2.5 % at either end.
  for (
    const [values, low, high] of [
      [even, 0, 79],
      [[...even, 1e6], 0, 79],
      [[-1e6, ...even], 0, 79],
      [[...even, 150], 0, 150],
      [[...even, 1e6, 1e6, 1e6, 1e6], 0, 1e6],
      [[1, 2, 1e6], 1, 1e6],
      [[...Array(80).fill(5), 6], 5, 6],
      [[], 0, 0],
    ] as const
  ) {
    assertEquals(chooseRange(values), [low, high]);
  }
});

Deno.test("chooseSpan grows to a minute, and beyond where requests are rare", () => {
  const spans = [[0, 0], [10, 10], [16, 16], [45, 45], [100, 100], [1e5, 1e5], [1e5, 1000], [
    1e5,
    25,
  ]]
    .map(([elapsed = 0, sent = 0]) => timeSpans[chooseSpan(elapsed, sent)]?.seconds);
  assertEquals(spans, [15, 15, 30, 60, 60, 60, 3600, 86_400]);
});

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
