import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { onOneLine } from "../../src/text/printable.ts";
import { check } from "../support/property.ts";

Deno.test("onOneLine joins lines and shows what a terminal would obey", () => {
  assertEquals(onOneLine(" one\r\n  two\n"), "one two");
  assertEquals(onOneLine("\x1b[31m\x07\x7f\x9b2J\r."), String.raw`\x1b[31m\x07\x7f\x9b2J\x0d.`);
  assertEquals(onOneLine("a\u202eb\u2028c\ud800"), String.raw`a\u{202e}b\u{2028}c\u{d800}`);
  assertEquals(onOneLine("Zürich 東京 🕰"), "Zürich 東京 🕰");
});

Deno.test("onOneLine leaves nothing but printable characters of any text", () => {
  check(fc.property(fc.string({ unit: "binary" }), (text) => {
    assertMatch(onOneLine(text), /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
  }));
});
