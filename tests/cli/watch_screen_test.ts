import { assert, assertEquals, assertMatch } from "@std/assert";
import { WatchRecord } from "../../src/cli/watch_record.ts";
import { screenOf, timeSpans, type WatchView } from "../../src/cli/watch_screen.ts";
import { lost, measured, startMs, told, url } from "./watch_events.ts";

function recordOf(name: string, events: readonly ReturnType<typeof lost>[]): WatchRecord {
  const record = new WatchRecord(name);
  for (const event of events) if (event.type === "exchange") record.add(event);
  return record;
}

const seconds = Array.from({ length: 60 }, (_, i) => i);
const steady = recordOf(url, seconds.map((i) => measured(i, (i - 30) / 1e6, 0.001 + i / 1e5)));
const silent = recordOf("time://192.0.2.9:37", seconds.map(lost));
const text = recordOf("daytime://192.0.2.8:13", seconds.map((i) => told(i, "now", i / 1000)));

function view(more: Partial<WatchView> = {}): WatchView {
  return {
    records: [steady, silent, text],
    selected: 0,
    news: ["20:00:00  stratum 2 → 3"],
    nowMs: startMs + 60_000,
    elapsedSeconds: 3661,
    span: timeSpans[0] ?? { seconds: 60, tick: 15 },
    isPaused: false,
    isAscii: false,
    bold: (line) => line,
    ...more,
  };
}

const size = { columns: 80, rows: 40 } as const;

Deno.test("screenOf shows title, servers, both plots, news and keys", () => {
  const lines = screenOf(view(), size);
  assertEquals(lines.length, size.rows);
  assertMatch(lines[0] ?? "", /^timecli watch {3}01:01:01$/);
  assertMatch(lines[2] ?? "", /^> ntp:\S+ +\+29\.00 µs +1\.590 ms +1\.000 µs +0 % +2 +none$/);
  assertMatch(lines[3] ?? "", /^ {2}time:\S+ +100\.0 % lost; No reply from/);
  assertMatch(lines[5] ?? "", /^Offset {2}min -30\.00 µs {2}mean -500 ns {2}max \+29\.00 µs/);
  assert(lines.some((line) => /^Delay {2}min 1\.000 ms/.test(line)));
  assert(lines.filter((line) => line.includes("•")).length > 10);
  assertEquals(lines.filter((line) => /-60 s +-45 s +-30 s +-15 s +now$/.test(line)).length, 2);
  assertEquals(lines.at(-2), "20:00:00  stratum 2 → 3");
  assertMatch(lines.at(-1) ?? "", /^q quit .*Tab/);
});

Deno.test("screenOf fits every size, each plot with its axis or not at all", () => {
  for (const columns of [20, 40, 80, 133, 300]) {
    for (const rows of [1, 3, 6, 10, 14, 20, 25, 60]) {
      for (const selected of [0, 1, 2]) {
        const lines = screenOf(view({ selected }), { columns, rows });
        assert(lines.length <= rows, `${lines.length} lines of ${rows}`);
        for (const line of lines) assert(line.length <= columns, `${columns}: ${line}`);
        const plots = lines.filter((line) => /^(Offset|Delay) /.test(line)).length;
        assertEquals(lines.filter((line) => /[┤┬▶].*┬|└/.test(line)).length, plots);
      }
    }
  }
});

Deno.test("screenOf has the offset's figures in the rows of a wide screen", () => {
  const [, head, row] = screenOf(view(), { columns: 150, rows: 40 });
  assertMatch(head ?? "", /MIN +MEAN +MAX +STDDEV/);
  assertMatch(row ?? "", /-30\.00 µs +-500 ns +\+29\.00 µs +17\.46 µs/);
});

Deno.test("screenOf plots the delay alone of what has no offset", () => {
  const lines = screenOf(view({ selected: 2 }), size);
  assertEquals(lines.filter((line) => /^(Offset|Delay) /.test(line)).length, 1);
  assertMatch(lines[4] ?? "", /^> daytime:\S+ +- +59\.00 ms/);
});

Deno.test("screenOf shows what is within the time scale", () => {
  const dots = (nowMs: number, seconds: number, tick: number): number =>
    screenOf(view({ nowMs, span: { seconds, tick } }), size).join("").split("•").length - 1;
  assertEquals(dots(startMs + 3_600_000, 60, 15), 0);
  assert(dots(startMs + 3_600_000, 3600, 900) > 0);
  assert(dots(startMs + 60_000, 60, 15) > dots(startMs + 60_000, 3600, 900));
});

Deno.test("screenOf keeps to ASCII", () => {
  for (const isPaused of [false, true]) {
    const lines = screenOf(view({ isAscii: true, isPaused }), size);
    for (const line of lines) assertMatch(line, /^[ -~]*$/);
    assert(lines.some((line) => line.includes("*")));
    assertEquals(/ paused$/.test(lines[0] ?? ""), isPaused);
  }
});

Deno.test("screenOf shows a server that was not asked yet, and equal values", () => {
  for (const events of [[], [measured(0, 0, 0)], [measured(0, 5, 5), measured(1, 5, 5)]]) {
    const lines = screenOf(view({ records: [recordOf(url, events)] }), size);
    assertEquals(lines.some((line) => line.includes("•")), events.length > 0);
    assert(!lines.some((line) => /NaN|Infinity|undefined/.test(line)), lines.join("\n"));
  }
});
