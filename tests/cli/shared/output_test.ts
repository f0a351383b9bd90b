import { assertEquals } from "@std/assert";
import { hasColour, painter, writeText } from "../../../src/cli/shared/output.ts";

Deno.test("writeText writes all of a text to a stream that takes a part at a time", () => {
  const parts: number[][] = [];
  const stream = {
    writeSync(data: Uint8Array): number {
      const part = [...data.slice(0, 3)];
      parts.push(part);
      return part.length;
    },
  };
  const text = "äöü µs → 1";
  writeText(stream, text);
  assertEquals(new TextDecoder().decode(new Uint8Array(parts.flat())), text);
  const count = parts.length;
  writeText(stream, "");
  assertEquals(parts.length, count);
});

Deno.test("painter sets text in a style on a terminal only", () => {
  for (const isTerminal of [true, false]) {
    const stream = { isTerminal: () => isTerminal };
    const expected = isTerminal && !Deno.noColor;
    assertEquals(hasColour(stream), expected);
    assertEquals(painter(stream, "1;31")("x"), expected ? "\x1b[1;31mx\x1b[0m" : "x");
  }
});
