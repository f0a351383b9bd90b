import { assertEquals, assertThrows } from "@std/assert";
import { timeoutField } from "../../../src/cli/timecli/options.ts";
import { FieldError } from "../../../src/options/field.ts";

Deno.test("timeoutField() bounds a duration, and keeps it as it was written", () => {
  const { parse } = timeoutField("", "1h");
  const texts = ["1", "1h", "PT1M", "1.5s"];
  assertEquals(texts.map(parse), texts);
  for (const text of ["0", "-1m", "999us", "61m", "soon", ""]) {
    assertThrows(() => parse(text), FieldError, "1ms to 1h");
  }
});
