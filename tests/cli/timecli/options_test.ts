import { assertEquals, assertThrows } from "@std/assert";
import { durationInSeconds } from "../../../src/cli/timecli/options.ts";
import { FieldError } from "../../../src/options/field.ts";

Deno.test("durationInSeconds() bounds a duration, and reads it as seconds", () => {
  const { parse } = durationInSeconds("1s", "1h", { name: "timeout", help: "" });
  assertEquals(["1", "1h", "PT1M", "1.5s"].map(parse), [1, 3600, 60, 1.5]);
  for (const text of ["0", "-1m", "999ms", "61m", "soon", ""]) {
    assertThrows(() => parse(text), FieldError, "1s to 1h");
  }
});
