import { assert, assertEquals } from "@std/assert";
import type { Parser } from "./parsers.ts";
import { findSteep, formatSteep, hostileTexts } from "./timing.ts";

const parser: Parser = { name: "broken", seeds: ["12", "a,b"], errors: [], parse: () => {} };

Deno.test("timing makes hostile texts of the length that is asked for", () => {
  const texts = [...hostileTexts(parser)].map(([, makeText]) => makeText(1000));
  assert(texts.every(({ length }) => length >= 1000 && length < 2000), "of another length");
  for (const wanted of [/^1+!$/, /^ +$/, /^12\[+$/, /^1T+2$/, /^(?:a,b)+a?,?$/, /^x+a,b$/]) {
    assert(texts.some((text) => wanted.test(text)), `${wanted}`);
  }
});

Deno.test("timing finds what grows faster than the text, for one text or for all", () => {
  const find = (ms: (length: number, text: string) => number): string[] =>
    findSteep(parser, new Map(), (_, text) => ms(text.length, text)).map(({ text }) => text);
  const all = [...hostileTexts(parser)].map(([name]) => name);
  assertEquals(find((length) => length * length / 1e8), all);
  assertEquals(find((length) => 5000 * length), []);
  assertEquals(find((length) => length / 1e4), []);
  // Faster where the caches end, and below what can be measured.
  assertEquals(find((length) => length / (length > 50_000 ? 1e3 : 1e4)), []);
  assertEquals(find((length) => length * length / 1e11), []);
  assertEquals(find((length, text) => /^x+$/.test(text) ? length * length / 1e8 : 1), ["x…"]);
});

Deno.test("timing takes the least of several runs, and looks again at what it finds", () => {
  let runs = 0;
  const noisy = (_: Parser, { length }: string): number =>
    length / 1e4 * (++runs % 3 === 0 ? 1 : 50);
  assertEquals(findSteep(parser, new Map(), noisy), []);
  const tried = new Map<string, number>();
  findSteep(parser, tried, () => 0);
  assertEquals(tried.get("broken"), [...hostileTexts(parser)].length);
});

Deno.test("timing shows the steepest text of each parser", () => {
  const steep = [[1, 30], [1, 90], [2, 90]].map(([shortMs = 0, longMs = 0]) => ({
    parser: "broken",
    text: "1…!",
    shortMs,
    longMs,
  }));
  assertEquals(formatSteep(steep).split("\n").map((line) => line.split(/ {2,}/)), [
    ["PARSER", "TEXT", "10,000", "100,000", "RATIO"],
    ["broken", '"1…!"', "1.00 ms", "90.00 ms", "x90"],
  ]);
});
