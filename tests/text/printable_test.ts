import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  escapeLine,
  quoteForShell,
  quoteOctets,
  shorten,
  shortenMiddle,
  toAscii,
  wrapText,
} from "../../src/text/printable.ts";
import { check } from "../support/property.ts";

Deno.test("escapeLine joins lines and shows what a terminal would obey", () => {
  assertEquals(escapeLine(" one\r\n  two\n"), "one two");
  assertEquals(escapeLine("\x1b[31m\x07\x7f\x9b2J\r."), String.raw`\x1b[31m\x07\x7f\x9b2J\x0d.`);
  assertEquals(escapeLine("a\u202eb\u2028c\ud800"), String.raw`a\u{202e}b\u{2028}c\u{d800}`);
  assertEquals(escapeLine("Zürich 東京 🕰"), "Zürich 東京 🕰");
});

Deno.test("escapeLine leaves nothing but a short line of printable characters of any text", () => {
  const unit = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(" ", "\n", "\r\n\t", "\x9b"),
  );
  check(fc.property(fc.array(unit), fc.integer({ min: 1, max: 40 }), (parts, max) => {
    const line = escapeLine(parts.join(""), max);
    assertMatch(line, /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
    assert(line.length <= max);
  }));
});

Deno.test("escapeLine cuts a text of any length, and marks the cut", () => {
  assertEquals(escapeLine("a".repeat(1000)), "a".repeat(1000));
  assertEquals(escapeLine("a".repeat(1001)), `${"a".repeat(999)}…`);
  assertEquals(escapeLine(`${" ".repeat(1e6)}x\n${" ".repeat(1e6)}y`), "x…");
  assertEquals(escapeLine(`x${" \n".repeat(1e6)}y`, 100), "x…");
  assertEquals(escapeLine("\x9b".repeat(1000)), `${"\\x9b".repeat(250).slice(0, 999)}…`);
  assertEquals(escapeLine("one\n\n \n two"), "one two");
});

Deno.test("shorten keeps the beginning, and whole characters", () => {
  assertEquals([shorten("abcd", 4), shorten("abcde", 4), shorten("ab🕰d", 4)], [
    "abcd",
    "abc…",
    "ab\ufffd…",
  ]);
});

Deno.test("toAscii replaces what has a counterpart, and marks the rest", () => {
  assertEquals(toAscii("±1 µs → … é\n2"), "+-1 us -> ~ ?\n2");
});

Deno.test("wrapText breaks at spaces, and splits words that are too long", () => {
  assertEquals(wrapText("one two three", 7), ["one two", "three"]);
  assertEquals(wrapText("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
  assertEquals(wrapText("", 4), [""]);
});

Deno.test("shortenMiddle keeps both ends", () => {
  assertEquals(shortenMiddle("abcdefghij", 10), "abcdefghij");
  assertEquals(shortenMiddle("abcdefghij", 6), "abc…ij");
  assertEquals(shortenMiddle("abcdefghij", 7, "..."), "ab...ij");
});

Deno.test("quoteOctets escapes as C does, and cuts what is long", () => {
  const octets = Uint8Array.of(0, 9, 10, 13, 0x1f, 0x20, 0x22, 0x5c, 0x7e, 0x7f, 0xff, 0x41);
  assertEquals(quoteOctets(octets), String.raw`"\0\t\n\r\x1f \"\\~\x7f\xffA"`);
  assertEquals(quoteOctets(new Uint8Array()), '""');
  assertEquals(quoteOctets(new Uint8Array(64).fill(0x61)), `"${"a".repeat(64)}"`);
  assertEquals(quoteOctets(new Uint8Array(65).fill(0x61)), `"${"a".repeat(64)}"…`);
});

Deno.test("quoteForShell leaves words as they are, and quotes all else for a POSIX shell", () => {
  for (const word of ["/tmp/ca.pem", "keys-1,2", "-"]) assertEquals(quoteForShell(word), word);
  assertEquals(quoteForShell("my keys/a"), "'my keys/a'");
  assertEquals(quoteForShell("it's $HOME"), "'it'\\''s $HOME'");
  assertEquals(quoteForShell(""), "''");
});
