import { assert, assertEquals } from "@std/assert";
import type { PlotPoint } from "../../../../src/cli/timecli/watch/thinned.ts";
import { WatchRecord } from "../../../../src/cli/timecli/watch/record.ts";
import { bad, lost, measured, notices, recordOf, startMs, url } from "./watch_events.ts";

/** The number of hundredths of a span that have points. */
function coverage(points: readonly PlotPoint[], seconds: number, endMs: number): number {
  const parts = points.map(({ atMs }) => Math.ceil((atMs - endMs) / (seconds * 10)));
  return new Set(parts.filter((part) => part > -100)).size;
}

Deno.test("WatchRecord bounds its memory, for each span and for the whole time", () => {
  const record = new WatchRecord(url);
  const count = 100_000;
  for (let i = 0; i < count; i++) record.add(i % 10 === 0 ? lost(i) : measured(i, i, 1));
  assertEquals([record.sent, record.lost, record.offsets.count], [count, count / 10, 90_000]);
  assertEquals([record.offsets.min, record.offsets.max], [1, count - 1]);
  const endMs = startMs + count * 1000;
  for (const seconds of [60, 300, 900, 3600, 21_600, 86_400]) {
    const points = record.latest(seconds);
    assert(points.length <= 4 * 640, `${points.length} points of ${seconds} s`);
    assertEquals(points.at(-1)?.offset, count - 1);
    assert(coverage(points, seconds, endMs) >= Math.min(100, seconds) * 0.9, `${seconds} s`);
  }
  assert(record.all.length <= 4 * 1000);
  assert(record.samples.values.length <= 4096 && record.failures.values.length <= 512);
  assertEquals([record.all[0]?.offset, record.all.at(-1)?.offset], [1, count - 1]);
  assert(coverage(record.all, count, endMs) === 100);
});

Deno.test("WatchRecord covers a span at a hundred requests per second, with its extremes", () => {
  const record = new WatchRecord(url);
  const count = 20_000;
  const spike = count - 5500;
  for (let i = 0; i < count; i++) {
    record.add(measured(i / 100, i === spike ? 1 : (i % 7) / 1e6, i === spike + 1 ? 2 : 1e-4));
  }
  for (const points of [record.latest(60), record.latest(3600), record.all]) {
    assert(points.some(({ offset }) => offset === 1), "the largest offset is gone");
    assert(points.some(({ delay }) => delay === 2), "the largest delay is gone");
  }
  assertEquals(coverage(record.latest(60), 60, startMs + count * 10), 100);
  // Each of 500 parts has its extremes, of the last minute too.
  const lately = record.latest(60).filter(({ atMs }) => atMs >= startMs + count * 10 - 60_000);
  assert(lately.length >= 1000, `${lately.length} points of the last minute`);
  // A sample is not of extremes.
  const offsets = record.samples.values.map(({ measured }) => measured?.offset ?? NaN);
  const middle = offsets.filter((offset) => offset > 2.5e-6 && offset < 3.5e-6).length;
  assert(Math.abs(middle / offsets.length - 1 / 7) < 0.02);
});

Deno.test("WatchRecord survives a step back of this machine's clock", () => {
  const seconds = Array.from({ length: 3000 }, (_, i) => i % 2 === 0 ? i : i - 1500);
  const record = recordOf(url, seconds.map((i) => measured(i, 0, 1)));
  assert(record.all.length > 0 && record.all.length <= 4000);
});

Deno.test("WatchRecord distinguishes requests that were lost or not sent, and bad replies", () => {
  const record = recordOf(url, [
    ...[lost(0), bad(1, "refused"), bad(2, "unknown_host"), bad(3, "unreachable")],
    ...[bad(4, "not_a_time"), bad(5, "bogus_reply"), bad(6, "kiss_o_death")],
    ...[bad(7, "unsynchronized"), bad(8, "unusable"), measured(9, 0, 1), ...notices],
  ]);
  assertEquals([record.sent, record.lost, record.bad, record.delays.count], [9, 3, 5, 1]);
  assertEquals([record.unsent, record.notices.length], [1, notices.length]);
});
