import { assertEquals } from "@std/assert";
import { OutageDetector } from "../../src/client/changes.ts";
import { QueryError, type QueryFailure } from "../../src/protocols/failure.ts";

/** The events of a detector for requests a second apart, each with its failure or none. */
function outagesOf(reasons: readonly (QueryFailure | "")[]): string[] {
  const detector = new OutageDetector();
  return reasons.flatMap((reason, i) => {
    const error = reason === "" ? undefined : new QueryError(reason, "No good");
    // A clock that is never set has fractions of a millisecond.
    const outage = detector.next(error, 5000 + i * 1000.34);
    if (!outage) return [];
    const what = outage.type === "gone" ? outage.error.reason : outage.after.total("seconds");
    return [`${i} ${outage.type} ${what}`];
  });
}

Deno.test("OutageDetector reports no outage for one or two lost datagrams", () => {
  assertEquals(outagesOf(["", "timeout", "", "timeout", "timeout", ""]), []);
});

Deno.test("OutageDetector reports an outage once, whatever its causes, and its end", () => {
  assertEquals(
    outagesOf(["", "refused", "refused", "timeout", "refused", "unusable", "", "", "timeout"]),
    ["3 gone timeout", "6 back 5.002"],
  );
  assertEquals(outagesOf(["timeout", "timeout", "timeout", "timeout"]), ["2 gone timeout"]);
});

Deno.test("OutageDetector ignores kiss-o'-death packets", () => {
  const kiss = "kiss_o_death";
  assertEquals(outagesOf(["", kiss, kiss, kiss, ""]), []);
  assertEquals(outagesOf(["timeout", "timeout", kiss, "timeout", kiss, ""]), [
    ...["3 gone timeout", "5 back 5.002"],
  ]);
});
