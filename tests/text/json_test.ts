import { assertEquals, assertThrows } from "@std/assert";
import { parseJson } from "../../src/text/json.ts";

Deno.test("parseJson() reads JSON, and names a number that none can hold", () => {
  const text = '{"a": [1e308, -0.5, "1e400"], "b": null}';
  assertEquals(parseJson(text), { a: [1e308, -0.5, "1e400"], b: null });
  for (
    const [text, message] of [
      ['{"clock": {"rate": 1e400}}', '"rate" is 1e400, which is beyond the range of numbers'],
      ['{"offset":-1E+999}', '"offset" is -1E+999, which'],
      ["1e400", "1e400, which"],
      ["{", "Expected property name"],
    ] as const
  ) assertThrows(() => parseJson(text), SyntaxError, message);
});
