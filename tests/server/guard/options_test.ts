import { assertEquals, assertThrows } from "@std/assert";
import { rateLimitField } from "../../../src/server/guard/options.ts";
import { FieldError } from "../../../src/options/field.ts";

Deno.test("rateLimitField reads a rate and a burst, fractions of a request included", () => {
  for (
    const [text, limit] of [
      ["off", "off"],
      ["16/s", { perSecond: 16 }],
      ["0.5/s", { perSecond: 0.5 }],
      [".5/s", { perSecond: 0.5 }],
      ["2.25/s,1", { perSecond: 2.25, burst: 1 }],
      ["1000000/s,1000000000", { perSecond: 1e6, burst: 1e9 }],
    ] as const
  ) assertEquals(rateLimitField.parse(text), limit, text);
  for (
    const text of ["", "on", "16", "/s", "0/s", "0.0/s", "1000000.5/s", "-1/s", "16/s,", "16/s,0"]
  ) assertThrows(() => rateLimitField.parse(text), FieldError, undefined, text);
  assertThrows(() => rateLimitField.parse("1/s,1000000001"), FieldError);
});
