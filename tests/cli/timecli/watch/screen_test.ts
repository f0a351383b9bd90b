import { assert, assertEquals, assertMatch } from "@std/assert";
import { drawScreen, type WatchView } from "../../../../src/cli/timecli/watch/screen.ts";
import { bad, from, lost, measured, recordOf, startMs, textReply, url } from "./watch_events.ts";

const seconds = Array.from({ length: 60 }, (_, i) => i);
const steady = recordOf(url, seconds.map((i) => measured(i, (i - 30) / 1e6, 0.001 + i / 1e5)));
const silent = recordOf("time://192.0.2.9:37", seconds.map(lost));
const text = recordOf("daytime://192.0.2.8:13", seconds.map((i) => textReply(i, "now", i / 1000)));

const same = (text: string): string => text;
const plain = { bold: same, good: same, odd: same, bad: same };

function view(more: Partial<WatchView> = {}): WatchView {
  return {
    records: [steady, silent, text],
    selected: 0,
    notices: [{ text: "20:00:00Z  stratum 2 → 3", tone: "odd" }],
    nowMs: startMs + 60_000,
    elapsedSeconds: 3661,
    span: { seconds: 60, tick: 15 },
    isPaused: false,
    showsKeys: false,
    isAscii: false,
    hasKeys: true,
    paint: plain,
    ...more,
  };
}

const size = { columns: 80, rows: 40 } as const;

Deno.test("drawScreen shows title, servers, both plots, notices and keys", () => {
  const lines = drawScreen(view(), size);
  assertEquals(lines.length, size.rows);
  assertMatch(lines[0] ?? "", /^timecli watch {3}01:01:01$/);
  assertMatch(lines[2] ?? "", /^> ntp:\S+ +\+29\.00 µs +1\.590 ms +0 % +ok +2 +none$/);
  assertMatch(lines[3] ?? "", /^ {2}time:\S+ +- +- +100 % +no reply +- +-$/);
  assertMatch(lines[5] ?? "", /^Offset {2}min -30\.00 µs {2}mean -500 ns {2}max \+29\.00 µs/);
  assert(lines.some((line) => /^Delay {2}min 1\.000 ms/.test(line)));
  assert(lines.filter((line) => line.includes("•")).length > 10);
  assertEquals(lines.filter((line) => /-60 s +-45 s +-30 s +-15 s +now$/.test(line)).length, 2);
  assertEquals(lines.at(-2), "20:00:00Z  stratum 2 → 3");
  assertMatch(lines.at(-1) ?? "", /^q quit .*Tab/);
});

Deno.test("drawScreen fits every size, each plot with its axis or not at all", () => {
  for (const columns of [20, 40, 80, 133, 300]) {
    for (const rows of [1, 3, 6, 10, 14, 20, 25, 60]) {
      for (const selected of [0, 1, 2]) {
        const lines = drawScreen(view({ selected }), { columns, rows });
        assert(lines.length <= rows, `${lines.length} lines of ${rows}`);
        for (const line of lines) assert(line.length <= columns, `${columns}: ${line}`);
        const [arrows, axes] = [/^ *▲$/, /└┬.*┬/].map((part) =>
          lines.filter((line) => part.test(line)).length
        );
        assertEquals(axes, arrows);
        if (columns < 50) assertEquals(axes, 0);
      }
    }
  }
});

Deno.test("drawScreen has the statistics of the offset in the rows of a wide screen", () => {
  const [, head, row] = drawScreen(view(), { columns: 150, rows: 40 });
  assertMatch(head ?? "", /MIN +MEAN +MAX +STDDEV/);
  assertMatch(row ?? "", /-30\.00 µs +-500 ns +\+29\.00 µs +17\.46 µs/);
});

Deno.test("drawScreen plots only the delay of a protocol without offset", () => {
  const lines = drawScreen(view({ selected: 2 }), size);
  assertEquals(lines.filter((line) => /^(Offset|Delay) /.test(line)).length, 1);
  assertMatch(lines[4] ?? "", /^> daytime:\S+ +- +59\.00 ms/);
});

Deno.test("drawScreen plots the points within the time scale", () => {
  const dots = (nowMs: number, seconds: number, tick: number): number =>
    drawScreen(view({ nowMs, span: { seconds, tick } }), size).join("").split("•").length - 1;
  assertEquals(dots(startMs + 3_600_000, 60, 15), 0);
  assert(dots(startMs + 3_600_000, 3600, 900) > 0);
  assert(dots(startMs + 60_000, 60, 15) > dots(startMs + 60_000, 3600, 900));
});

Deno.test("drawScreen keeps to ASCII", () => {
  for (const isPaused of [false, true]) {
    const lines = drawScreen(view({ isAscii: true, isPaused }), size);
    for (const line of lines) assertMatch(line, /^[ -~]*$/);
    assert(lines.some((line) => line.includes("*")));
    assertEquals(/ paused$/.test(lines[0] ?? ""), isPaused);
  }
});

Deno.test("drawScreen shows a server without exchanges, and equal values", () => {
  for (const events of [[], [measured(0, 0, 0)], [measured(0, 5, 5), measured(1, 5, 5)]]) {
    const lines = drawScreen(view({ records: [recordOf(url, events)] }), size);
    assertEquals(lines.some((line) => line.includes("•")), events.length > 0);
    assert(!lines.some((line) => /NaN|Infinity|undefined/.test(line)), lines.join("\n"));
  }
});

/** The labels of the value axes. */
function ticksIn(lines: readonly string[]): string[][] {
  const labels = lines.map((line) => /^ *(\S.*?)┤/.exec(line)?.[1] ?? "");
  const second = labels.findLastIndex((_, i) => /^Delay/.test(lines[i] ?? ""));
  return [labels.slice(0, second), labels.slice(second)].map((each) => each.filter(Boolean));
}

Deno.test("drawScreen names the base of offsets far from 0, and distinguishes them", () => {
  for (
    const [offset, base] of [[4, "+4 s"], [413_340_677, "+4784 d 0 h 51 min 17 s"]] as const
  ) {
    const events = seconds.map((i) => measured(i, offset + (i - 30) / 1e4, 0.001 + i / 1e5));
    const lines = drawScreen(view({ records: [recordOf(url, events)] }), { columns: 90, rows: 40 });
    const all = lines.join("\n");
    assert(all.includes(`\nOffset from ${base}  min -3.000 ms  mean -`), all);
    assertMatch(all, /max \+2\.900 ms\s+stddev 1\.746 ms/);
    const [offsets = []] = ticksIn(lines);
    // The precision of a number that large may take one more.
    assertEquals(offsets.slice(0, 7), [
      ...["+3 ms", "+2 ms", "+1 ms", "0 ms", "-1 ms", "-2 ms", "-3 ms"],
    ]);
  }
});

Deno.test("drawScreen names the base of an axis after a step", () => {
  const events = seconds.map((i) => measured(i, i < 20 ? 0 : 60 + i / 1e6, 0.001));
  const shown = { records: [recordOf(url, events)], span: { seconds: 30, tick: 10 } };
  const all = drawScreen(view(shown), { columns: 100, rows: 40 }).join("\n");
  assertMatch(all, /^Offset {2}min \+0 s .* max \+60\.00 s .* axis from \+60 s$/m);
  assertMatch(all, /^\+60 µs┤/m);
});

Deno.test("drawScreen never repeats a tick, nor has more ticks than lines", () => {
  for (const offset of [0, 1e-7, 0.5, 4, 1e5, 4e8]) {
    for (const range of [1e-6, 1e-3, 1, 1e4]) {
      const events = seconds.map((i) => measured(i, offset + range * (i - 17) / 60, 0.01));
      for (const rows of [13, 14, 17, 25, 60]) {
        const lines = drawScreen(view({ records: [recordOf(url, events)] }), { columns: 90, rows });
        for (const ticks of ticksIn(lines)) {
          assertEquals(new Set(ticks).size, ticks.length, ticks.join());
          if (ticks.length > 0) assert(ticks.length >= 2, lines.join("\n"));
        }
      }
    }
  }
});

Deno.test("drawScreen keeps the mark in sight of more servers than lines, and counts the others", () => {
  const records = Array.from(
    { length: 40 },
    (_, i) => recordOf(`ntp://192.0.2.${i}:123`, seconds.map((i) => measured(i, i / 1e6, 0.001))),
  );
  const notices = Array(4).fill({ text: "20:00:00Z  stratum 2 → 3" });
  for (const selected of [0, 1, 20, 38, 39]) {
    for (const rows of [5, 6, 8, 16, 24, 40]) {
      const lines = drawScreen(view({ records, selected, notices }), { columns: 80, rows });
      assertEquals(lines.length, rows);
      assertEquals(
        lines.filter((line) => line.startsWith("> ")).map((line) => line.split(" ")[1]),
        [`ntp://192.0.2.${selected}:123`],
      );
      const shown = lines.filter((line) => /^[ >] ntp:/.test(line)).length;
      if (rows < 8) continue;
      const [, more, where] = /^ {2}(\d+) more(?:: \d+ above, \d+ below| (above|below))$/m
        .exec(lines.join("\n")) ?? [];
      assertEquals(Number(more), 40 - shown);
      const atEnd = selected === 0 ? "below" : selected === 39 ? "above" : undefined;
      if (atEnd !== undefined) assertEquals(where, atEnd);
      assertEquals(lines.some((line) => line.includes("•")), rows >= 16, lines.join("\n"));
    }
  }
});

Deno.test("drawScreen has figures where there is no room for plots", () => {
  for (const [columns, rows] of [[45, 20], [30, 20], [80, 11]] as const) {
    const all = drawScreen(view({ records: [steady] }), { columns, rows }).join("\n");
    for (const part of ["Offset", "min -30.00 µs", "stddev 17.46 µs", "Delay", "max 1.590 ms"]) {
      assert(all.includes(part), all);
    }
  }
});

Deno.test("drawScreen makes long names shorter in their middle, and keeps the columns", () => {
  const name = `ntp://${"long-".repeat(20)}name.example:12345`;
  for (const [isAscii, cut] of [[false, "…"], [true, "~"]] as const) {
    const records = [recordOf(name, seconds.map((i) => measured(i, 0, 0.001)))];
    const [, head, row] = drawScreen(view({ records, isAscii }), size);
    assertMatch(head ?? "", /LOST +ST +LEAP$/);
    assertMatch(row ?? "", /^ {2}ntp:\/\/long-\S+\.example:12345 .* none$/);
    assert(row?.includes(cut));
  }
  const [, head] = drawScreen(view({ records: [steady] }), { columns: 45, rows: 20 });
  assertMatch(head ?? "", /^ {2}SERVER +OFFSET +DELAY +LOST$/);
});

Deno.test("drawScreen distinguishes bad replies and lost requests", () => {
  const garbled = recordOf("daytime://192.0.2.7:13", seconds.map((i) => bad(i, "not_a_time")));
  const some = recordOf(url, [measured(0, 0, 1), bad(1, "unusable"), lost(2), measured(3, 0, 1)]);
  const [, head, first, second] = drawScreen(view({ records: [some, garbled] }), size);
  assertMatch(head ?? "", / LOST +BAD +NOW +ST +LEAP$/);
  assertMatch(first ?? "", / 25\.0 % +25\.0 % +ok +2 +none$/);
  assertMatch(second ?? "", / 0 % +100 % +no time +- +-$/);
});

Deno.test("drawScreen has colours of whole lines, which fit without them", () => {
  const tag = (name: string) => (text: string): string => `<${name}:${text}>`;
  const paint = { bold: tag("bold"), good: tag("good"), odd: tag("odd"), bad: tag("bad") };
  const lines = drawScreen(view({ paint, selected: 1 }), { columns: 40, rows: 10 });
  assertMatch(lines[0] ?? "", /^<bold:timecli watch /);
  assertMatch(lines[2] ?? "", /^ {2}ntp:/);
  assertMatch(lines[3] ?? "", /^<bad:> time.* no reply>$/);
  assertMatch(lines.at(-2) ?? "", /^<odd:20:00:00Z .*>$/);
});

Deno.test("drawScreen lists keys only where they are read", () => {
  assertEquals(drawScreen(view({ hasKeys: false }), size).at(-1), "Ctrl-C quits");
});

Deno.test("drawScreen plots no points in the future after the clock was set back", () => {
  const lines = drawScreen(view({ records: [steady], nowMs: startMs - 1000 }), size);
  assert(!lines.some((line) => line.includes("•")));
});

Deno.test("drawScreen keeps the last offset of a server that fails, with the reason", () => {
  const failing = recordOf(url, [measured(0, 0.002, 0.01), bad(1, "unsynchronized"), lost(2)]);
  const [, head, row] = drawScreen(view({ records: [failing] }), { columns: 90, rows: 20 });
  assertMatch(head ?? "", /OFFSET +DELAY +JITTER +LOST +BAD +NOW +ST +LEAP$/);
  assertMatch(row ?? "", / \+2\.000 ms +10\.00 ms +- +33\.3 % +33\.3 % +no reply +2 +none$/);
});

Deno.test("drawScreen names the server that is wrong by the latest replies", () => {
  const records = [0, 0.08, 0].map((offset, i) =>
    recordOf(`ntp://192.0.2.${i}:123`, [from(`192.0.2.${i}`, measured(0, offset, 0.002))])
  );
  const lines = drawScreen(view({ records }), size);
  assertEquals(lines[5], "192.0.2.1:123 is wrong: +80.00 ms from the other two");
  const tag = { ...plain, bad: (text: string) => `<bad:${text}>` };
  assertMatch(drawScreen(view({ records, paint: tag }), size)[5] ?? "", /^<bad:192/);
  records[2]?.add(from("192.0.2.2", measured(1, 0.04, 0.002)));
  assertEquals(drawScreen(view({ records }), size)[5], "No majority of 3 servers agrees");
  records[1]?.add(lost(2));
  records[2]?.add(lost(2));
  assertMatch(drawScreen(view({ records }), size)[5] ?? "", /^Offset/);
});

Deno.test("drawScreen counts the servers that are wrong beyond three lines", () => {
  const records = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4].map((offset, i) =>
    recordOf(`ntp://192.0.2.${i}:123`, [from(`192.0.2.${i}`, measured(0, offset, 0.002))])
  );
  const lines = drawScreen(view({ records }), size);
  assertEquals(lines.slice(12, 15), [
    "192.0.2.6:123 is wrong: +1.000 s from the six that agree",
    "192.0.2.7:123 is wrong: +2.000 s from the six that agree",
    "2 more are wrong",
  ]);
});

Deno.test("drawScreen lists all keys in place of all else, if asked to", () => {
  const lines = drawScreen(view({ showsKeys: true }), { columns: 40, rows: 10 });
  assertEquals([lines.length, lines[2], lines[9]], [
    10,
    "  q              quit",
    "  r              reset the figures",
  ]);
  assertEquals(drawScreen(view({ showsKeys: true }), size).at(-1), "Any key goes back.");
});

Deno.test("drawScreen marks values beyond the middle 95 % at the ends of their axis", () => {
  const events = seconds.map((i) =>
    measured(i, i === 20 ? 5 : i === 30 ? -5 : (i % 10) / 1e5, 0.002)
  );
  for (const [isAscii, up, down] of [[false, "▲", "▼"], [true, "^", "v"]] as const) {
    const lines = drawScreen(view({ records: [recordOf(url, events)], isAscii }), size);
    const labels = lines.map((line) => /^ *(\S+ .?s)[┤+]/.exec(line)?.[1]).filter(Boolean);
    assertEquals(labels[0], isAscii ? "+100 us" : "+100 µs");
    const high = lines.find((line) => line.includes("+100 ")) ?? "";
    const low = lines.findLast((line) => line.includes(down) && !line.includes("Delay")) ?? "";
    // 40 and 30 of the last 60 seconds are a third and a half of the width.
    const columns = 80 - "+100 µs┤".length - 2;
    assert(Math.abs(high.lastIndexOf(up) - 8 - columns / 3) <= 2, high);
    assert(Math.abs(low.lastIndexOf(down) - 8 - columns / 2) <= 2, low);
  }
});
