import { assertEquals, assertThrows } from "@std/assert";
import { refusal, refusalCauses } from "../../src/protocols/responder.ts";
import { Counters } from "../../src/transports/counters.ts";

Deno.test("refusal gives each cause a number that is no length, and Counters reads it back", () => {
  for (const cause of refusalCauses) {
    const counters = new Counters();
    assertEquals(refusal(cause) <= 0, true);
    counters.refuse(refusal(cause));
    const counted = refusalCauses.filter((other) => counters.totals().refused[other] !== 0);
    assertEquals(counted, [cause]);
  }
});

Deno.test("refusal throws for a cause that there is not, in place of the length of a reply", () => {
  assertThrows(() => refusal("none" as "mode"), SyntaxError, 'Unknown refusal cause "none"');
});

Deno.test("Counters.refuse counts a number outside the list as declined", () => {
  const counters = new Counters();
  counters.refuse(-1000);
  counters.refuse(-0.5);
  counters.refuse(NaN);
  assertEquals(counters.totals().refused.declined, 3);
});
