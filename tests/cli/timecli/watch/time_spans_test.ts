import { assertEquals } from "@std/assert";
import { chooseSpan, timeSpans } from "../../../../src/cli/timecli/watch/time_spans.ts";

Deno.test("chooseSpan grows to a minute, and beyond where requests are rare", () => {
  const spans = [[0, 0], [10, 10], [16, 16], [45, 45], [100, 100], [1e5, 1e5], [1e5, 1000], [
    1e5,
    25,
  ]]
    .map(([elapsed = 0, sent = 0]) => timeSpans[chooseSpan(elapsed, sent)]?.seconds);
  assertEquals(spans, [15, 15, 30, 60, 60, 60, 3600, 86_400]);
});
