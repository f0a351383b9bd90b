import { assertEquals, assertThrows } from "@std/assert";
import { parseRange } from "../../../src/client/check/thresholds.ts";

Deno.test("parseRange reads the ranges of the plugins' guidelines", () => {
  // What is written, what raises no alert, and what does.
  const cases: readonly (readonly [string, readonly number[], readonly number[]])[] = [
    ["10", [0, 5, 10], [-0.001, 10.001]],
    ["10:", [10, 1e9], [9.999, -10]],
    ["~:10", [-1e9, 0, 10], [10.001]],
    ["10:20", [10, 15, 20], [9.999, 20.001]],
    ["@10:20", [9.999, 20.001], [10, 15, 20]],
    ["~:-1", [-1, -2], [-0.999, 0, 1]],
    ["1:", [1], [0.5, -1]],
    ["@1", [-0.1, 1.1], [0, 0.5, 1]],
    [":10", [0, 10], [-1, 11]],
    ["-0.5:0.5", [-0.5, 0, 0.5], [0.501, -0.501]],
    ["1e-3", [0.001], [0.0011]],
    ["0", [0], [0.1, -0.1]],
    ["~:", [-1e9, 1e9], []],
    ["@~:0", [0.1], [0, -1]],
  ];
  for (const [text, silent, alerting] of cases) {
    const range = parseRange(text);
    assertEquals(range.text, text === "1e-3" ? "0.001" : text);
    for (const value of silent) assertEquals(range.alerts(value), false, `${text}: ${value}`);
    for (const value of alerting) assertEquals(range.alerts(value), true, `${text}: ${value}`);
  }
});

Deno.test("parseRange writes plain decimals, which every reader of performance data accepts", () => {
  const table = {
    ".5": "0.5",
    "-.5:10.": "-0.5:10",
    "@1e3:1.5e4": "@1000:15000",
    "~:12.5e-1": "~:1.25",
    "1e21": `1${"0".repeat(21)}`,
    "2.5e-8": "0.000000025",
    "-1.25e-20:": "-0.0000000000000000000125:",
    "0.1e0": "0.1",
    "123456.789e2": "12345678.9",
    "1e308": `1${"0".repeat(308)}`,
    "0.50": "0.50",
  };
  for (const [text, plain] of Object.entries(table)) {
    assertEquals(parseRange(text).text, plain);
    assertEquals(parseRange(plain).to, parseRange(text).to);
  }
});

Deno.test("parseRange tells a single number from other ranges", () => {
  const table = [
    ["10", 0, 10, true, false],
    ["10:", 10, Infinity, false, false],
    ["~:10", -Infinity, 10, false, false],
    ["@10", 0, 10, false, true],
    ["@1:2", 1, 2, false, true],
  ] as const;
  for (const [text, from, to, isLimit, isInside] of table) {
    const range = parseRange(text);
    assertEquals([range.from, range.to, range.isLimit, range.isInside], [
      from,
      to,
      isLimit,
      isInside,
    ]);
  }
});

Deno.test("parseRange names what is wrong with a range", () => {
  const messages = {
    "": "expected a number, or LOW:HIGH as in 10, 1:, ~:-1 or @10:20",
    "1e999": "expected smaller numbers",
    "20:10": "expected LOW below HIGH",
    // A single number begins at 0.
    "-5": "expected LOW below HIGH",
  };
  for (const [text, message] of Object.entries(messages)) {
    const full = `Cannot read the range ${JSON.stringify(text)}: ${message}`;
    assertThrows(() => parseRange(text), SyntaxError, full);
  }
});

Deno.test("parseRange refuses what is no range", () => {
  const wrong = [
    "",
    "@",
    "~",
    "~10",
    "a",
    "1:a",
    "1,5",
    "20:10",
    "10::20",
    "@@1",
    " 1",
    "1s",
    "--1",
  ];
  for (const text of [...wrong, "1:2:3", "NaN", "Infinity", "5:~", ".", "1e999", "-1e999:"]) {
    assertThrows(() => parseRange(text), SyntaxError, JSON.stringify(text));
  }
});

Deno.test("parseRange reads durations where it is in seconds, and signs of percent", () => {
  const table = [
    ["100ms", "s", "0.1"],
    ["1s:1m30s", "s", "1:90"],
    ["@-5us:5µs", "s", "@-0.000005:0.000005"],
    ["~:-250ms", "s", "~:-0.25"],
    ["0.5:2h", "s", "0.5:7200"],
    ["1e-3", "s", "0.001"],
    ["5%", "%", "5"],
    ["5:20%", "%", "5:20"],
  ] as const;
  for (const [text, unit, plain] of table) assertEquals(parseRange(text, unit).text, plain);
  for (const [text, unit] of [["1s", ""], ["1x", "s"], ["5%", "s"], ["1s", "%"]] as const) {
    assertThrows(() => parseRange(text, unit), SyntaxError, `Cannot read the range "${text}"`);
  }
});

Deno.test("a range is clear of values from one to another if none of them alerts", () => {
  const table = [
    ["10", 0, 10, true],
    ["10", -1, 5, false],
    ["10", 5, 11, false],
    ["@3:4", 1, 2.9, true],
    ["@3:4", 4.1, 5, true],
    // Neither end alerts, but what is between them does.
    ["@3:4", 2, 5, false],
    ["@3:4", 3.5, 3.6, false],
  ] as const;
  for (const [text, low, high, isClear] of table) {
    assertEquals(parseRange(text).isClear(low, high), isClear, `${text}: ${low} to ${high}`);
  }
});
