import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  csvLines,
  formatSummary,
  jsonLines,
  type LineFormat,
  textLines,
} from "../../../../src/cli/timecli/watch/lines.ts";
import type { WatchEvent } from "../../../../src/client/watch.ts";
import { assertDocumented, isDocumented } from "../../../support/documented.ts";
import { bad, from, lost, measured, notices, recordOf, textReply, url } from "./watch_events.ts";

const events = [
  measured(0, -0.0015, 0.002),
  lost(1),
  textReply(2, 'a "time", more or less', 0.5),
  ...notices,
];

function linesOf({ format }: LineFormat, all: readonly WatchEvent[] = events): unknown[] {
  return all.map(format);
}

Deno.test("textLines formats exchanges and events", () => {
  const at = (second: number): string => `2026-11-22T20:00:0${second}.000Z  ${url}  `;
  assertEquals(linesOf(textLines), [
    `${at(0)}offset -1.500 ms ± 1.000 ms  delay 2.000 ms  stratum 2`,
    `${at(1)}No reply from 192.0.2.1:123 within 2 s`,
    `${at(2)}a "time", more or less  round trip 500.0 ms`,
    `${at(1)}KoD RATE: one request every 4 s from now on`,
    `${at(2)}KoD DENY: no more requests to it`,
    `${at(3)}stratum 2 → 3`,
    `${at(4)}leap indicator none → insert`,
    `${at(5)}offset step of -250.0 ms: its clock jumped`,
    `${at(6)}gone: No reply from 192.0.2.1:123 within 2 s`,
    `${at(7)}back after 34.50 s`,
  ]);
});

Deno.test("textLines distinguishes times and offsets that are close together", () => {
  const lines = linesOf(textLines, [
    measured(0.25, 4.000012, 2e-6),
    measured(0.251, 413_340_677.25, 0.02),
  ]);
  assertMatch(String(lines[0]), /^2026-11-22T20:00:00\.250Z .* offset \+4\.0000120 s ± 1\.000 µs /);
  assertMatch(String(lines[1]), /^2026-11-22T20:00:00\.251Z .* \+4784 d 0 h 51 min 17\.250 s ± 10/);
});

Deno.test("textLines and formatSummary show the address behind a name", () => {
  const named = "ntp://a.example:123";
  const event = { ...measured(0, 0.001, 0.002), url: named };
  const name = "ntp://a.example:123 (192.0.2.1:123)";
  assertEquals(String(textLines.format(event)).split("  ")[1], name);
  const failed = { ...lost(1), url: named };
  assertEquals(String(textLines.format(failed)).split("  ")[1], named);
  const summaryOf = (events: WatchEvent[]): string | undefined =>
    cellsIn(formatSummary([recordOf(named, events)], 120))[1]?.[0];
  assertEquals([summaryOf([event, failed]), summaryOf([failed])], [name, named]);
});

Deno.test("textLines escapes what a server wrote", () => {
  const [line] = linesOf(textLines, [textReply(0, "\x1b]0;owned\x07", 0.5)]);
  assertMatch(String(line), /\\x1b\]0;owned\\x07/);
});

Deno.test("jsonLines has an object for each event", () => {
  const objects = linesOf(jsonLines).map((line) => JSON.parse(String(line)));
  assertEquals(objects.map(({ event }) => event), [
    ...["exchange", "exchange", "exchange"],
    ...["kiss", "kiss", "stratum", "leap", "step", "gone", "back"],
  ]);
  const [exchange, failure, , rate, deny, stratum, , step, gone, back] = objects;
  const { at, offset, delay, error_bound } = exchange;
  assertEquals(
    { at, url: exchange.url, offset, delay, error_bound },
    {
      at: "2026-11-22T20:00:00.000000000Z",
      url,
      offset: -0.0015,
      delay: 0.002,
      error_bound: 0.001,
    },
  );
  assertEquals([failure.url, failure.error.reason], [url, "timeout"]);
  assertEquals([rate.code, rate.interval, deny.code, deny.interval], ["RATE", 4, "DENY", null]);
  assertEquals([stratum.from, stratum.to], [2, 3]);
  assertEquals([step.step, step.error_bound, step.clock], [-0.25, 0.001, "server"]);
  assertEquals([gone.error.reason, back.after], ["timeout", 34.5]);
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
      { ...gone, error: undefined },
      { ...back, after: -1 },
    ]
  ) {
    const plain = JSON.parse(JSON.stringify(wrong));
    assert(!isDocumented(plain, "watch"), JSON.stringify(plain));
  }
});

Deno.test("csvLines has a row for each exchange and each event, all of the same columns", () => {
  const lines = [csvLines.head, ...linesOf(csvLines, events.toSpliced(2, 1))].map(String);
  for (const line of lines) assertMatch(line, /^[^\r\n]+\r$/);
  const [head = [], ...rows] = lines.map((line) => line.slice(0, -1).split(","));
  for (const row of rows) assertEquals(row.length, head.length);
  const cellsOf = (row: string[], ...names: string[]): unknown[] =>
    names.map((name) => row[head.indexOf(name)]);
  assertEquals(
    rows.slice(0, 2).map((row) =>
      cellsOf(row, "event", "at", "url", "offset", "delay", "stratum", "error_reason")
    ),
    [
      ["exchange", "2026-11-22T20:00:00.000000000Z", url, "-0.0015", "0.002", "2", ""],
      ["exchange", "2026-11-22T20:00:01.000000000Z", url, "", "", "", "timeout"],
    ],
  );
  assertEquals(
    rows.slice(2).map((row) =>
      cellsOf(row, "event", "code", "interval", "from", "to", "step", "clock", "after")
    ),
    [
      ["kiss", "RATE", "4", "", "", "", "", ""],
      ["kiss", "DENY", "", "", "", "", "", ""],
      ["stratum", "", "", "2", "3", "", "", ""],
      ["leap", "", "", "none", "insert", "", "", ""],
      ["step", "", "", "", "", "-0.25", "server", ""],
      ["gone", "", "", "", "", "", "", ""],
      ["back", "", "", "", "", "", "", "34.5"],
    ],
  );
  const [step = [], gone = []] = rows.slice(6);
  assertEquals(cellsOf(step, "url", "at", "error_bound", "offset"), [
    ...[url, "2026-11-22T20:00:05.000000000Z", "0.001", ""],
  ]);
  assertEquals(cellsOf(gone, "error_reason", "error_message"), [
    ...["timeout", "No reply from 192.0.2.1:123 within 2 s"],
  ]);
  const [quoted] = linesOf(csvLines, [textReply(2, 'a "time", more or less', 0.5)]);
  assertMatch(String(quoted), /,"a ""time"", more or less",/);
});

const cellsIn = (text: string): string[][] =>
  text.split("\n").map((line) => line.trim().split(/ {2,}/));

Deno.test("formatSummary shows the figures of every server", () => {
  const records = [
    recordOf(url, [
      ...[measured(0, 0.001, 0.002), measured(1, 0.003, 0.004), lost(2)],
      ...[bad(3, "not_a_time"), bad(4, "unsynchronized")],
    ]),
    recordOf("time://[::1]:37", []),
  ];
  assertEquals(cellsIn(formatSummary(records)), [
    ["SERVER", "SENT", "LOST", "BAD", "OFFSET", "MIN", "MAX", "STDDEV", "JITTER", "DELAY"],
    [
      ...[url, "5", "1", "2", "+2.000 ms", "+1.000 ms", "+3.000 ms", "1.414 ms", "2.000 ms"],
      "3.000 ms",
    ],
    ["time://[::1]:37", "0", "0", "0", "-", "-", "-", "-", "-", "-"],
  ]);
  const [head = "", first = ""] = formatSummary(records).split("\n");
  assertEquals(head.indexOf("OFFSET"), first.indexOf("+2.000 ms"));
  assertEquals(
    formatSummary(records.slice(1)),
    "SERVER           SENT  LOST  DELAY\ntime://[::1]:37  0     0     -",
  );
});

Deno.test("formatSummary fits 80 columns, however far off a server is", () => {
  // Powers of two, which a number that large still has exactly, or nearly so.
  const far = [-1, 0, 1].map((i) => measured(i, 413_340_677.25 + i / 2 ** 14, 0.002));
  const text = formatSummary(
    [recordOf("ntp://192.168.100.200:12345", far), recordOf(url, far)],
    80,
  );
  for (const line of text.split("\n")) assert(line.length <= 80, line);
  const [head, first] = cellsIn(text);
  assertEquals(head, ["SERVER", "SENT", "LOST", "OFFSET", "DELAY"]);
  assertEquals(first?.slice(1), ["3", "0", "+4784 d 0 h 51 min 17.250000 s", "2.000 ms"]);
});

Deno.test("formatSummary names the server that is wrong", () => {
  const records = [0, 0.08, 0].map((offset, i) =>
    recordOf(`ntp://192.0.2.${i}:123`, [from(`192.0.2.${i}`, measured(0, offset, 0.002))])
  );
  assertEquals(
    formatSummary(records).split("\n").slice(-2),
    ["", "192.0.2.1:123 is wrong: +80.00 ms from the other two."],
  );
  assertEquals(
    formatSummary(records.slice(1)).split("\n").at(-1),
    "The two servers disagree, and two cannot show which is wrong.",
  );
  // A server with two names has one vote.
  const named = recordOf("ntp://b.example:123", [from("192.0.2.1", measured(0, 0.08, 0.002))]);
  assertEquals(
    formatSummary([...records.slice(1), named]).split("\n").at(-1),
    "The two servers disagree, and two cannot show which is wrong.",
  );
});

Deno.test("textLines have an announced leap second", () => {
  const event = measured(0, 0.001, 0.002);
  if (event.type !== "exchange" || event.reply?.protocol !== "ntp") throw new Error("It is one");
  assertMatch(textLines.format(event), / {2}stratum 2$/);
  const announced = { ...event, reply: { ...event.reply, leap: "insert" as const } };
  assertMatch(textLines.format(announced), / {2}stratum 2 {2}leap insert$/);
});
