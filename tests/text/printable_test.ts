import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { escapeLine, shortenMiddle, toAscii, wrapText } from "../../src/text/printable.ts";
import { check } from "../support/property.ts";

Deno.test("escapeLine joins lines and shows what a terminal would obey", () => {
  assertEquals(escapeLine(" one\r\n  two\n"), "one two");
  assertEquals(escapeLine("\x1b[31m\x07\x7f\x9b2J\r."), String.raw`\x1b[31m\x07\x7f\x9b2J\x0d.`);
  assertEquals(escapeLine("a\u202eb\u2028c\ud800"), String.raw`a\u{202e}b\u{2028}c\u{d800}`);
  assertEquals(escapeLine("Zürich 東京 🕰"), "Zürich 東京 🕰");
});

Deno.test("escapeLine leaves nothing but printable characters of any text", () => {
  check(fc.property(fc.string({ unit: "binary" }), (text) => {
    assertMatch(escapeLine(text), /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
  }));
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
