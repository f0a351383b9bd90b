import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  csvLines,
  jsonLines,
  type LineFormat,
  summaryOf,
  textLines,
} from "../../src/cli/watch_lines.ts";
import { WatchRecord } from "../../src/cli/watch_record.ts";
import type { WatchEvent } from "../../src/client/watch.ts";
import { assertDocumented, isDocumented } from "../documented.ts";
import { lost, measured, news, told, url } from "./watch_events.ts";

const events = [measured(0, -0.0015, 0.002), lost(1), told(2, 'a "time", so to say', 0.5), ...news];

function linesOf({ format }: LineFormat, all: readonly WatchEvent[] = events): unknown[] {
  return all.map(format);
}

Deno.test("textLines says what came and what happened", () => {
  const at = (second: number): string => `2026-11-22T20:00:0${second}Z  ${url}  `;
  assertEquals(linesOf(textLines), [
    `${at(0)}offset -1.500 ms ± 1.000 ms  delay 2.000 ms  stratum 2`,
    `${at(1)}No reply from 192.0.2.1:123 within 2 s`,
    `${at(2)}a "time", so to say  round trip 500.0 ms`,
    `${at(1)}kiss RATE, it is asked every 4 s from now on`,
    `${at(2)}kiss DENY, it is not asked any more`,
    `${at(3)}stratum 2 → 3`,
    `${at(4)}leap second none → insert`,
    `${at(5)}step of the offset by -250.0 ms: its clock was set`,
  ]);
});

Deno.test("textLines escapes what a server wrote", () => {
  const [line] = linesOf(textLines, [told(0, "\x1b]0;owned\x07", 0.5)]);
  assertMatch(String(line), /\\x1b\]0;owned\\x07/);
});

Deno.test("jsonLines has an object for each event", () => {
  const objects = linesOf(jsonLines).map((line) => JSON.parse(String(line)));
  assertEquals(objects.map(({ event }) => event), [
    ...["exchange", "exchange", "exchange"],
    ...["kiss", "kiss", "stratum", "leap", "step"],
  ]);
  const [exchange, failure, , rate, deny, stratum, , step] = objects;
  const { at, offset, delay, error_bound } = exchange;
  assertEquals(
    { at, url: exchange.url, offset, delay, error_bound },
    { at: "2026-11-22T20:00:00Z", url, offset: -0.0015, delay: 0.002, error_bound: 0.001 },
  );
  assertEquals([failure.url, failure.error.reason], [url, "timeout"]);
  assertEquals([rate.code, rate.interval, deny.code, deny.interval], ["RATE", 4, "DENY", null]);
  assertEquals([stratum.from, stratum.to], [2, 3]);
  assertEquals([step.step, step.error_bound, step.clock], [-0.25, 0.001, "server"]);
  for (const object of objects) assertDocumented(object, "watch");
  for (
    const wrong of [
      { ...exchange, event: "kiss" },
      { ...failure, error: undefined },
      { ...failure, error: { ...failure.error, reason: "moon" } },
      { ...deny, interval: undefined },
      { ...rate, code: 5 },
      { ...stratum, from: "two" },
      { ...step, clock: "moon" },
      { ...step, event: "flood" },
      { ...step, url: undefined },
    ]
  ) {
    const plain = JSON.parse(JSON.stringify(wrong));
    assert(!isDocumented(plain, "watch"), JSON.stringify(plain));
  }
});

Deno.test("csvLines has a row for each exchange, and nothing else", () => {
  const [head = [], ...rows] = [csvLines.head, ...linesOf(csvLines).slice(0, 2)]
    .map((line) => String(line).split(","));
  const cellsOf = (row: string[]): unknown[] =>
    ["at", "url", "offset", "delay", "stratum", "error_reason"].map((name) =>
      row[head.indexOf(name)]
    );
  assertEquals(rows.map(cellsOf), [
    ["2026-11-22T20:00:00Z", url, "-0.0015", "0.002", "2", ""],
    ["2026-11-22T20:00:01Z", url, "", "", "", "timeout"],
  ]);
  assertMatch(String(linesOf(csvLines)[2]), /,"a ""time"", so to say",/);
  assertEquals(linesOf(csvLines).slice(3), news.map(() => undefined));
});

Deno.test("summaryOf shows the figures of every server", () => {
  const records = [url, "time://[::1]:37"].map((each) => new WatchRecord(each));
  for (const event of [measured(0, 0.001, 0.002), measured(1, 0.003, 0.004), lost(2)]) {
    if (event.type === "exchange") records[0]?.add(event);
  }
  assertEquals(summaryOf(records).split("\n").map((line) => line.split(/ {2,}/)), [
    ["SERVER", "ASKED", "LOST", "MIN", "MEAN", "MAX", "STDDEV", "JITTER"],
    [url, "3", "1", "offset", "+1.000 ms", "+2.000 ms", "+3.000 ms", "1.414 ms", "2.000 ms"],
    ["", "delay", "2.000 ms", "3.000 ms", "4.000 ms", "1.414 ms", "2.000 ms"],
    ["time://[::1]:37", "0", "0"],
  ]);
});
