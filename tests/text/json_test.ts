import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatJson, parseJson, parseSnakeJson, quote } from "../../src/text/json.ts";
import { check } from "../support/property.ts";

Deno.test("parseJson() reads JSON, and names a number that none can hold", () => {
  const text = '{"a": [1e308, -0.5, "1e400"], "b": null}';
  assertEquals(parseJson(text), { a: [1e308, -0.5, "1e400"], b: null });
  for (
    const [text, message] of [
      ['{"clock": {"rate": 1e400}}', '"rate" is 1e400, which is beyond the range of numbers'],
      ['{"offset":-1E+999}', '"offset" is -1E+999, which'],
      ["1e400", "1e400, which"],
      [
        `{"${"k".repeat(1000)}":${"1".repeat(1000)}}`,
        `"${"k".repeat(98)}… is ${"1".repeat(99)}…, which`,
      ],
      ["{", "Expected property name"],
      ["\x9b\n", String.raw`\x9b`],
      ["\ud800", String.raw`\u{d800}`],
    ] as const
  ) assertThrows(() => parseJson(text), SyntaxError, message);
});

Deno.test("formatJson() escapes what a terminal obeys, and means the same", () => {
  const text = "\x9b31m \u202e \u{e0001} \x7f \u2028 \ud800 é 東";
  const written = String.raw`"\u009b31m \u202e \udb40\udc01 \u007f \u2028 \ud800 é 東"`;
  assertEquals(formatJson(text), written);
  assertEquals(formatJson({ [text]: [text, 1, null] }), `{${written}:[${written},1,null]}`);
  assertEquals([undefined, 1, {}].map(formatJson), ["undefined", "1", "{}"]);
  const value = fc.jsonValue({ stringUnit: "binary" });
  check(fc.property(value, (json) => {
    const line = formatJson(json);
    assertMatch(line, /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
    assertEquals(JSON.stringify(JSON.parse(line)).replaceAll("_", ""), lowerKeys(json));
  }));
});

const lowerKeys = (json: unknown): string =>
  JSON.stringify(
    json,
    (_key, value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
          Object.entries(value).map((
            [key, each],
          ) => [/^[A-Za-z0-9]+$/.test(key) ? key.toLowerCase() : key, each]),
        )
        : value,
  ).replaceAll("_", "");

Deno.test("keys are in snake_case in JSON, in camelCase in the library; values and causes are kept", () => {
  const value = {
    leapSeconds: [{ servedAt: "lastSeen", t1: 1 }],
    refused: { not_unicast: 2 },
    keyExchanges: { timed_out: 3 },
    duration: Temporal.Duration.from("PT1H"),
    "ntp://Time.example:123": 4,
  };
  const json = '{"leap_seconds":[{"served_at":"lastSeen","t1":1}],"refused":{"not_unicast":2},' +
    '"key_exchanges":{"timed_out":3},"duration":"PT1H","ntp://Time.example:123":4}';
  assertEquals(formatJson(value), json);
  assertEquals(parseSnakeJson(json), { ...value, duration: "PT1H" });
  assertThrows(() => parseSnakeJson("{"), SyntaxError);
});

Deno.test("quote() shows a value on one short line", () => {
  assertEquals(quote("a\n\u202e"), String.raw`"a\n\u202e"`);
  const duration = Temporal.Duration.from("PT1H");
  assertEquals([5, 5n, duration, null, undefined, [1, "a"]].map((value) => quote(value)), [
    ...["5", "5", "PT1H", "null", "undefined", '[1,"a"]'],
  ]);
  const circle: unknown[] = [];
  circle.push(circle);
  assertEquals([[1n], circle, { at: 1n }].map((value) => quote(value)), [
    ...["[object Array]", "[object Array]", "[object Object]"],
  ]);
  assertEquals(quote("x".repeat(98)), `"${"x".repeat(98)}"`);
  assertEquals(quote(`${" ".repeat(98)}\n`), `"${" ".repeat(98)}…`);
  assertEquals(quote("x".repeat(99)), `"${"x".repeat(98)}…`);
  assertEquals(quote(["x".repeat(99)]), `["${"x".repeat(97)}…`);
  assertEquals(quote("x".repeat(1e6), 9), `"xxxxxxx…`);
});
