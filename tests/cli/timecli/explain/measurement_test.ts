import { assertEquals } from "@std/assert";
import { listCalculation } from "../../../../src/explain/calculation.ts";
import type { Measurement } from "../../../../src/protocols/protocol.ts";
import { formatSteps } from "../../../../src/cli/timecli/explain/measurement.ts";

const format = (measurement: Measurement): string[] =>
  formatSteps(measurement, listCalculation(measurement));

const t1 = Temporal.Instant.from("2026-03-01T12:00:00Z");

Deno.test("formatSteps calls an offset of the bound itself none", () => {
  for (
    const [offset, meaning] of [
      [1_000_000n, "within the error bound"],
      [-1_000_000n, "within the error bound"],
      [1_000_001n, "the client's clock is behind"],
      [-1_000_001n, "the client's clock is ahead"],
    ] as const
  ) {
    const t4 = t1.add({ milliseconds: 2 });
    const lines = format({ times: { t1, t3: t1, t4 }, offset, errorBound: 1_000_000n });
    assertEquals(lines[4]?.replace(/^.*: /, ""), meaning);
  }
});

Deno.test("formatSteps calculates nothing without all times", () => {
  const t3 = t1;
  const measured = { offset: 0n, errorBound: 0n };
  for (const times of [{ t1, t3 }, { t1, t4: t1 }, { t3, t4: t1 }]) {
    assertEquals(format({ times, ...measured }), []);
  }
  assertEquals(format({ times: { t1, t3, t4: t1 }, errorBound: 0n }), []);
});
