import { assertEquals } from "@std/assert";
import type { ClockOptions } from "../../../../src/clock/sources/timeline/options.ts";
import { planTimeline } from "../../../../src/clock/sources/timeline/plan.ts";
import { type ClockState, clockState } from "../../../../src/clock/sources/timeline/state.ts";
import { advance } from "../../../../src/clock/sources/timeline/timeline.ts";
import { parseInstantNs } from "../../../../src/text/duration.ts";

const START = parseInstantNs("2026-11-22T12:00:00Z");

function stateOf(
  options: ClockOptions,
  afterNs: bigint,
  noiseNs = 0,
): Omit<ClockState, "warnings"> {
  const nowNs = START + afterNs;
  return clockState(advance(planTimeline(options, START), nowNs), nowNs, noiseNs);
}

Deno.test("the state of a clock has all that was planned and is still to come", () => {
  const steps = ["+1s@1.5", "-250ms@PT1H", "+1d@2028-12-31T23:00:00Z"];
  const time = "2028-12-31T12:00:00Z";
  assertEquals(
    stateOf({ time, rate: "1.5x", steps, leap: "insert@2028-12-31" }, 2_000_000_001n, 1_500_000),
    {
      now: "2028-12-31T12:00:04.000000001Z",
      system: "2026-11-22T12:00:02.000000001Z",
      offset: 66_528_002,
      rate: 1.5,
      leap: "insert",
      steps: [
        { by: -0.25, at: "2026-11-22T13:00:00Z" },
        { by: 86_400, servedAt: "2028-12-31T23:00:00Z" },
      ],
      leapSeconds: [{ kind: "insert", date: "2028-12-31" }],
      smear: null,
      noise: 0.0015,
    },
  );
});

Deno.test("the state of a smear has its shape, its window and how far it has gone", () => {
  const clock = { time: "2028-12-31T18:00:00Z", leap: "delete@2028-12-31", rate: 0 } as const;
  const { now, offset, leap, smear, leapSeconds } = stateOf({ ...clock, smear: "linear,20h" }, 0n);
  assertEquals([leap, smear], ["none", { shape: "linear", window: 72_000, by: 0.2 }]);
  assertEquals(leapSeconds, [{ kind: "delete", date: "2028-12-31" }]);
  assertEquals([now, offset], ["2028-12-31T18:00:00.2Z", 66_549_600.2]);
  const early = stateOf({ ...clock, time: "2028-12-31T00:00:00Z", smear: "google" }, 0n);
  assertEquals(early.smear, { shape: "linear", window: 86_400, by: 0 });
});

Deno.test("the state of a clock without a plan leaves the leap second to the status", () => {
  assertEquals(stateOf({}, 0n), {
    now: "2026-11-22T12:00:00Z",
    system: "2026-11-22T12:00:00Z",
    offset: 0,
    rate: 1,
    leap: null,
    steps: [],
    leapSeconds: [],
    smear: null,
    noise: 0,
  });
});

Deno.test("a time that no text has is in seconds since 1970", () => {
  const far = { time: "+275760-09-13T00:00:00Z", rate: 1_000_000 };
  assertEquals(stateOf(far, 1_000_000_000n).now, "@8640001000000");
});
