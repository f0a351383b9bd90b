import { assertEquals } from "@std/assert";
import type { Tick } from "../../../src/page/shapes.d.ts";
import { Series } from "../../../src/page/parts/series.js";

function tickAt(t: number, replies = 0): Tick {
  const counts = { received: replies, replies: { ntp: replies }, refused: {}, errors: 0 };
  return { ...counts, t, time: t * 1000, offset: 0, clients: 0, bound: 0.01 };
}

/** A series with the history of ten rows up to this second. */
function seriesUntil(last: number, step = 1): Series {
  const series = new Series();
  const values = Array.from({ length: 10 }, (_, i) => i * step);
  series.load({ step, from: last - 9 * step, columns: { replies_ntp: values } });
  return series;
}

Deno.test("Series adds each second once, and per second what the history has for several", () => {
  const series = seriesUntil(1000);
  assertEquals([1000, 1001, 1002].map((t) => series.add(tickAt(t, 7))), [false, false, false]);
  assertEquals(series.times.slice(-3), [1000, 1001, 1002]);
  assertEquals(series.columns.get("replies_ntp")?.slice(-3), [9, 7, 7]);
  assertEquals(seriesUntil(1000, 15).columns.get("replies_ntp")?.slice(-2), [8, 9]);
});

Deno.test("Series has the history read again when it is out of date, also by a clock that was set", () => {
  const table: [step: number, t: number, isOld: boolean][] = [
    [1, 1004, false],
    [1, 1005, true],
    [1, 4600, true],
    [1, 998, false],
    [1, 995, true],
    [1, -2600, true],
    [15, 1029, false],
    [15, 1030, true],
    [15, 971, false],
    [15, 970, true],
    [300, 1599, false],
    [300, 1600, true],
  ];
  for (const [step, t, isOld] of table) {
    const series = seriesUntil(1000, step);
    assertEquals(series.add(tickAt(t)), isOld, `${t}, ${step}`);
    // What does not follow is not shown.
    assertEquals(series.times.at(-1), step === 1 && t === 1004 ? 1004 : 1000);
  }
});
