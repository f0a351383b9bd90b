import { assertEquals } from "@std/assert";
import { History } from "../../../../../src/server/http/web/status/history.ts";

const mergeOf = (column: string): "sum" | "max" | "extreme" =>
  column === "bound" ? "max" : column === "offset" ? "extreme" : "sum";

Deno.test("History adds seconds up to rows of each span", () => {
  const history = new History(mergeOf);
  for (let second = 0; second < 31; second++) {
    history.add(second, { replies: 2, bound: second, offset: second === 7 ? -9 : 1 });
  }
  const fine = history.list("10m", 1030.7);
  assertEquals([fine.step, fine.from, fine.columns["replies"]?.length], [1, 1000, 31]);
  assertEquals(fine.columns["bound"]?.slice(-2), [29, 30]);
  assertEquals(history.list("4h", 1030.7), {
    step: 15,
    from: 1000,
    columns: { replies: [30, 30, 2], bound: [14, 29, 30], offset: [-9, 1, 1] },
  });
  assertEquals(history.list("48h", 1030.7).columns, { replies: [62], bound: [30], offset: [-9] });
});

Deno.test("History leaves out what is not known, and forgets what is too old", () => {
  const history = new History(mergeOf);
  history.add(0, { replies: 1, bound: undefined });
  history.add(3, { replies: 4, bound: 0.5 });
  assertEquals(history.list("10m", 3).columns, {
    replies: [1, null, null, 4],
    bound: [null, null, null, 0.5],
  });
  // As after a night asleep.
  history.add(40_000, { replies: 7 });
  const { from, columns } = history.list("10m", 40_000);
  assertEquals([from, columns["replies"]?.length], [39_401, 600]);
  assertEquals(columns["replies"]?.filter((value) => value !== null), [7]);
  assertEquals(columns["bound"]?.filter((value) => value !== null), []);
  assertEquals(history.list("48h", 40_000).columns["replies"]?.filter(Boolean), [5, 7]);
});

Deno.test("History has room for 32 columns, and ignores more", () => {
  const history = new History(mergeOf);
  history.add(0, Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, i])));
  assertEquals(Object.keys(history.list("10m", 0).columns).length, 32);
});
