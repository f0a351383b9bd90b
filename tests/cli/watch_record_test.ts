import { assert, assertEquals } from "@std/assert";
import { WatchRecord } from "../../src/cli/watch_record.ts";
import { lost, measured, url } from "./watch_events.ts";

Deno.test("WatchRecord keeps bounded memory of any time: the latest points, and the whole thinly", () => {
  const record = new WatchRecord(url);
  const count = 100_000;
  for (let i = 0; i < count; i++) {
    const event = i % 10 === 0 ? lost(i) : measured(i, i, 1);
    if (event.type === "exchange") record.add(event);
  }
  assertEquals([record.asked, record.lost, record.offsets.count], [count, count / 10, 90_000]);
  assertEquals([record.offsets.min, record.offsets.max], [1, count - 1]);
  assert(record.recent.length <= 8192 && record.all.length <= 8192);
  assertEquals(record.recent.at(-1)?.offset, count - 1);
  assert(record.recent.length >= 3600, "an hour of seconds is not there");
  const gaps = record.all.slice(1).map(({ atMs }, i) => atMs - (record.all[i]?.atMs ?? NaN));
  assert(Math.max(...gaps) < 2 * Math.min(...gaps), "it is not thinned out evenly");
  assertEquals(record.all[0]?.offset, 1);
  assert((record.all.at(-1)?.offset ?? 0) > count * 0.99);
});
