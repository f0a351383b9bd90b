import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { servedAt } from "../../../../src/clock/line.ts";
import { planTimeline } from "../../../../src/clock/sources/timeline/plan.ts";
import { parseInstantNs } from "../../../../src/text/duration.ts";
import { parseLeap } from "../../../../src/clock/sources/timeline/leap_seconds.ts";
import { smearedBy as smearedByAt } from "../../../../src/clock/sources/timeline/smear.ts";
import { advance, phaseAt } from "../../../../src/clock/sources/timeline/timeline.ts";
import { check } from "../../../support/property.ts";
import {
  backwards,
  HOUR,
  rates,
  SECOND,
  served,
  servedBy,
  smearNames,
  START,
  text,
} from "../../../support/timelines.ts";

/** How far a smear has gone at a share of its window, in seconds. */
function smearedBy(
  smear: string,
  kind: string,
  start: string,
  windowSeconds: number,
  share: number,
): number {
  const startNs = parseInstantNs(start) - HOUR;
  const timeline = planTimeline({ leap: `${kind}@2028-12-31`, smear }, startNs);
  // By time as it would be without the smear, which the system's is here.
  const nowNs = startNs + HOUR + BigInt(Math.round(share * windowSeconds * 1e9));
  return Number(servedBy(timeline, nowNs) - nowNs) / 1e9;
}

Deno.test("a smear follows its shape at each quarter", () => {
  const noon = "2028-12-31T12:00:00Z";
  const midnight = "2029-01-01T00:00:00Z";
  const cases: [smear: string, start: string, seconds: number, quarters: number[]][] = [
    ["linear", noon, 86_400, [0, 0.25, 0.5, 0.75, 1]],
    ["google", noon, 86_400, [0, 0.25, 0.5, 0.75, 1]],
    ["cosine", noon, 86_400, [0, (1 - Math.SQRT1_2) / 2, 0.5, (1 + Math.SQRT1_2) / 2, 1]],
    ["quadratic", noon, 86_400, [0, 0.125, 0.5, 0.875, 1]],
    ["meta", midnight, 62_500, [0, 0.125, 0.5, 0.875, 1]],
    ["linear,20h", "2028-12-31T14:00:00Z", 72_000, [0, 0.25, 0.5, 0.75, 1]],
    // The last of its lines, of a second each, is cut at the end of the window.
    ["linear,1500ms", "2028-12-31T23:59:59.25Z", 1.5, [0, 0.25, 0.5, 0.75, 1]],
  ];
  for (const [smear, start, seconds, quarters] of cases) {
    for (const [i, quarter] of quarters.entries()) {
      const inserted = smearedBy(smear, "insert", start, seconds, i / 4);
      const deleted = smearedBy(smear, "delete", start, seconds, i / 4);
      assert(Math.abs(inserted + quarter) < 3e-9, `${smear} ${i}: ${inserted}`);
      assert(Math.abs(deleted - quarter) < 3e-9, `${smear} ${i}: ${deleted}`);
    }
    assertEquals(smearedBy(smear, "insert", start, seconds, -0.001), 0);
    assertEquals(smearedBy(smear, "insert", start, seconds, 1.5), -1);
  }
});

Deno.test("a smear is whole nanoseconds, to the nearest", () => {
  const smear = { shape: "linear", windowNs: 3n * SECOND, isCentred: false } as const;
  const midnightNs = parseInstantNs("2029-01-01");
  const at = (kind: "insert" | "delete", ns: bigint): bigint =>
    smearedByAt({ kind, midnightNs }, smear, midnightNs + ns);
  assertEquals([1n, 2n].map((n) => at("insert", n * SECOND)), [-333_333_333n, -666_666_667n]);
  assertEquals([1n, 2n].map((n) => at("delete", n * SECOND)), [333_333_333n, 666_666_667n]);
  assertEquals([-1n, 0n, 3n * SECOND, 4n * SECOND].map((ns) => at("insert", ns)), [
    0n,
    0n,
    -SECOND,
    -SECOND,
  ]);
});

Deno.test("a smeared clock never steps, and announces no leap second", () => {
  const begins = fc.integer({ min: -50_000, max: 100_000 });
  const kinds = fc.constantFrom("insert", "delete");
  check(
    fc.property(
      smearNames,
      kinds,
      fc.oneof(rates, backwards),
      begins,
      (smear, kind, rate, seconds) => {
        const startNs = START;
        const time = text(
          parseInstantNs("2029-01-01") - 50_000n * SECOND + BigInt(seconds) * SECOND,
        );
        const leapSeconds = [parseLeap(`${kind}@2028-12-31`)];
        let timeline = planTimeline({ time, leapSeconds, smear, rate }, startNs);
        let nowNs = startNs;
        // Over a few of the lines that it is made of.
        for (let i = 0; i < 6; i++) {
          timeline = advance(timeline, nowNs);
          const { plan, leap, untilNs } = phaseAt(timeline, nowNs);
          assert(leap === "none" || timeline.leaps.length === 0);
          if (untilNs === undefined) return;
          assert(untilNs > nowNs);
          const after = phaseAt(advance(timeline, untilNs), untilNs).plan;
          const gap = servedAt(after, untilNs) - servedAt(plan, untilNs);
          // To the nanosecond, or to what passes of served time in one of the system's.
          const most = BigInt(Math.ceil(Math.abs(Number(plan.gainPpb) / 1e9 + 1))) + 1n;
          assert(gap >= -most && gap <= most, `${gap} ns`);
          nowNs = untilNs;
        }
      },
    ),
    300,
  );
});

Deno.test("a clock that runs backwards undoes its smear", () => {
  const options = { time: "2029-01-01T12:00:00Z", rate: -10_000, leap: "insert@2028-12-31" };
  const at = (seconds: number): [string, bigint | undefined] => {
    const nowNs = START + BigInt(Math.round(seconds * 1e9));
    const timeline = planTimeline({ ...options, smear: "linear" }, START);
    const { plan, smearedNs } = phaseAt(advance(timeline, nowNs), nowNs);
    return [text(servedAt(plan, nowNs)), smearedNs];
  };
  assertEquals(at(0), ["2029-01-01T11:59:59Z", -SECOND]);
  assertEquals(at(2.16), ["2029-01-01T05:59:59.25Z", -3n * SECOND / 4n]);
  assertEquals(at(6.48), ["2028-12-31T17:59:59.75Z", -SECOND / 4n]);
  assertEquals(at(8.64), ["2028-12-31T12:00:00Z", undefined]);
  assertEquals(at(10), ["2028-12-31T08:13:20Z", undefined]);
});

Deno.test("a clock that starts after a smear starts at the requested time", () => {
  for (const time of ["2029-01-01T12:00:00.000000001Z", "2029-01-01T18:00:00Z"]) {
    const leapSeconds = [parseLeap("insert@2028-12-31")];
    assertEquals(text(served({ time, leapSeconds, smear: "google" }, 0n)), time);
  }
});
