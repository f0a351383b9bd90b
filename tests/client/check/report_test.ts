import { assertEquals } from "@std/assert";
import { evaluate } from "../../../src/client/check/report.ts";
import { parseThresholds } from "../../../src/client/check/thresholds.ts";
import { QueryError, type QueryFailure } from "../../../src/protocols/failure.ts";

Deno.test("a server to which nothing was sent has lost nothing", () => {
  const options = {
    thresholds: parseThresholds({}, { loss: "50" }),
    ...{ noOffset: "WARNING", isNtp: true, margin: 0 } as const,
  };
  const lost = ", loss=100% (CRITICAL)|loss=100%;;50;0;100";
  const cases: readonly (readonly [QueryFailure[], state: string, text: string])[] = [
    [["nts_ke", "nts_ke"], "WARNING", "Offset unknown: no"],
    [["no_name_server"], "UNKNOWN", "no"],
    [["timeout", "nts_ke"], "CRITICAL", `Offset unknown: no${lost}`],
    [["timeout"], "CRITICAL", `no${lost}`],
  ];
  for (const [reasons, state, text] of cases) {
    const errors = reasons.map((reason) => new QueryError(reason, "no"));
    const error = errors.at(-1) as QueryError;
    const exchanges = errors.map((error) => ({ error, startedAfter: new Temporal.Duration() }));
    const server = { url: "ntp://192.0.2.1:123", exchanges, loss: 1, error, warnings: [] };
    const comparison = { servers: [{ ...server, verdict: "failed" }], outcome: "failed" } as const;
    assertEquals(evaluate(comparison, options), { state, text } as ReturnType<typeof evaluate>);
  }
});
