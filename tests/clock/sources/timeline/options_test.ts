import { assertEquals, assertThrows } from "@std/assert";
import {
  type ClockOptions,
  type ClockReading,
  readClock,
} from "../../../../src/clock/sources/timeline/options.ts";
import { planTimeline } from "../../../../src/clock/sources/timeline/plan.ts";
import { parseInstantNs } from "../../../../src/text/duration.ts";
import { parseLeap } from "../../../../src/clock/sources/timeline/leap_seconds.ts";

const START = parseInstantNs("2026-11-22T12:00:00Z");

Deno.test("a wrong option of a clock is named, with its valid values", () => {
  const wrong: [ClockOptions, string][] = [
    [{ time: "2038-13-01" }, 'clock.time is "2038-13-01", expected a time such as 2038-01-19'],
    [{ time: "tomorrow" }, "expected a time such as 2038-01-19T03:14:00Z"],
    [{ time: "2038-01-19T25:00:00Z" }, "clock.time is"],
    [{ offset: "1 hour" }, 'clock.offset is "1 hour", expected a duration such as +1h30m'],
    [{ rate: "fast" }, 'clock.rate is "fast", expected 2x, -0.5, 0 or +50ppm'],
    [{ rate: "1e9" }, 'clock.rate is "1e9", expected 2x'],
    ...["5.", ".", "+", "1.5.5", "1e", "xx", "50ppm", "+ppm", "+5.ppm", "1 x"].map((
      rate,
    ): [ClockOptions, string] => [{ rate }, `clock.rate is "${rate}", expected 2x`]),
    [{ rate: `${"1".repeat(300)}!` }, "…, expected at most 256 characters"],
    [{ rate: NaN }, "clock.rate is NaN, expected 2x"],
    [{ freeze: true, rate: 2 }, "Cannot stop the clock and run it at a rate of 2"],
    [{ steps: ["+1s"] }, 'clock.steps is ["+1s"], expected one such as +1s@00:05'],
    [{ steps: ["1s@then"] }, 'clock.steps is ["1s@then"], expected a step such as +1s@00:05'],
    [{ steps: ["1s@2020-01-01T00:00:00Z"] }, "the served time is already later"],
    [{ steps: ["1s@2030-01-01T00:00:00Z"], rate: -1 }, "the served time is already later"],
    [{ steps: ["1s@-5s"] }, 'clock.steps is ["1s@-5s"], expected a moment after the start'],
    [
      { leap: "delete@2016-12-31" },
      "Cannot delete a second on 2016-12-31: the served time is already later",
    ],
    [
      { leap: "delete@2028-12-31", leapSeconds: [parseLeap("insert@2028-12-31")] },
      "Cannot insert and delete a second on 2028-12-31",
    ],
    [
      { leapSeconds: [{ kind: "insert", midnightNs: 43_200_000_000_000n }] },
      "Cannot insert a second at 1970-01-01T12:00:00Z: it is not the end of a day",
    ],
    [{ offset: "-9007199254740991s" }, "Cannot serve that time: expected years -271821 to 275760"],
    [{ steps: ["+1s@00:65"] }, 'clock.steps is ["+1s@00:65"], expected a step such as +1s@00:05'],
    [{ steps: ["+1s@1:60:00"] }, "expected a step such as"],
    ...[[{ kind: "skip", midnightNs: 0n }], [{ kind: "insert" }], [null]].map((leapSeconds) =>
      [
        { leapSeconds } as unknown as ClockOptions,
        "expected a list such as parseLeapSeconds() returns",
      ] as [ClockOptions, string]
    ),
    [{ noise: "2h" }, 'clock.noise is "2h", expected 0 to 1h'],
    [{ noise: "-1s" }, 'clock.noise is "-1s", expected 0 to 1h'],
    [{ seed: NaN }, "clock.seed is NaN, expected a whole number, 0 to 4294967295"],
    [{ time: "2030-01-01T00:00:00+05:00[Europe/Berlin]" }, "clock.time is"],
    [{ time: "2030-01-01[Nowhere/Else]" }, "clock.time is"],
    [
      { leap: "insert" },
      'clock.leap is "insert", expected a leap second such as insert@2028-12-31',
    ],
    [{ leap: "insert@2028-02-30" }, "clock.leap is"],
    [{ smear: "linear" }, "Cannot smear without a leap second"],
    [{ leap: "insert@2028-12-31", smear: "sine" }, "expected linear, cosine, quadratic"],
    [{ leap: "insert@2028-12-31", smear: "linear,0s" }, "expected a window of 1s to 40d"],
    [{ leap: "insert@2028-12-31", smear: "toString" }, "clock.smear is"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => planTimeline(options, START), Error, message, Deno.inspect(options));
  }
});

Deno.test("an option of the wrong type is named, with its valid values", () => {
  const wrong: [unknown, string][] = [
    [{ time: 5 }, "clock.time is 5, expected a time"],
    [{ offset: { hours: 1 } }, `clock.offset is {"hours":1}, expected a duration`],
    [{ noise: null }, "clock.noise is null, expected a duration"],
    [{ freeze: "no" }, 'clock.freeze is "no", expected true or false'],
    [{ steps: "+1s@00:05" }, 'clock.steps is "+1s@00:05", expected a list'],
    [{ leap: 5 }, "clock.leap is 5, expected a leap second"],
    [{ smear: true, leap: "insert@2028-12-31" }, "clock.smear is true, expected linear"],
    [{ leapSeconds: "none" }, 'clock.leapSeconds is "none", expected a list'],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => planTimeline(options as ClockOptions, START), SyntaxError, message);
  }
  for (const name of ["offset", "noise"]) {
    const message = `clock.${name} is 5, expected a length of time with its unit, such as "2s"`;
    assertThrows(() => planTimeline({ [name]: 5 }, START), TypeError, message);
  }
});

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;

Deno.test("each option of a clock is read exactly, up to its bounds", () => {
  const linear = { shape: "linear", isCentred: true } as const;
  const leap = (kind: "insert" | "delete", date: string): ClockReading["leap"] => ({
    kind,
    midnightNs: parseInstantNs(date) + DAY,
  });
  const table: [options: ClockOptions, reading: Partial<ClockReading>][] = [
    [{}, {}],
    [{ time: "@-1" }, { timeNs: -SECOND }],
    [{ time: Temporal.Instant.fromEpochMilliseconds(1) }, { timeNs: 1_000_000n }],
    [{ offset: "-1ns" }, { offsetNs: -1n }],
    [{ rate: 1_000_000 }, { rate: 1_000_000n * SECOND }],
    [{ rate: "-1000000x" }, { rate: -1_000_000n * SECOND }],
    [{ rate: "1e-9X" }, { rate: 1n }],
    [{ rate: ".5" }, { rate: SECOND / 2n }],
    // To the nearest, though none of these is a binary fraction.
    [{ rate: 0.7 }, { rate: 700_000_000n }],
    [{ rate: 1.1 }, { rate: 1_100_000_000n }],
    [{ rate: "-2.3" }, { rate: -2_300_000_000n }],
    [{ rate: "+0.0006ppm" }, { rate: SECOND + 1n }],
    [{ rate: "+.001ppm" }, { rate: SECOND + 1n }],
    [{ rate: "-1000001ppm" }, { rate: -1000n }],
    [{ rate: "+999999000000ppm" }, { rate: 1_000_000n * SECOND }],
    [{ freeze: true }, { rate: 0n }],
    [{ freeze: true, rate: 0 }, { rate: 0n }],
    [{ freeze: false }, { rate: SECOND }],
    [{ freeze: false, rate: 3 }, { rate: 3n * SECOND }],
    [{ steps: [] }, { steps: [] }],
    [{ leap: "none" }, { leaps: [] }],
    [{ leapSeconds: [] }, { leaps: [] }],
    [{ leap: "insert@2028-12-31" }, {
      leap: leap("insert", "2028-12-31"),
      leaps: [leap("insert", "2028-12-31")] as ClockReading["leaps"],
    }],
    [{
      leap: "delete@2028-12-31",
      leapSeconds: [parseLeap("insert@2030-06-30"), parseLeap("insert@2028-06-30")],
      leapSecondsExpire: Temporal.Instant.fromEpochMilliseconds(5),
    }, {
      leap: leap("delete", "2028-12-31"),
      leaps: [
        leap("insert", "2028-06-30"),
        leap("delete", "2028-12-31"),
        leap("insert", "2030-06-30"),
      ] as ClockReading["leaps"],
      leapsExpireNs: 5_000_000n,
    }],
    [{ smear: "none" }, { smear: "none" }],
    [{ smear: "aws" }, { smear: { ...linear, windowNs: DAY } }],
    [{ smear: "linear,1s" }, { smear: { ...linear, windowNs: SECOND } }],
    [{ smear: "linear,40d" }, { smear: { ...linear, windowNs: 40n * DAY } }],
    [{ noise: "0" }, { noiseNs: 0 }],
    [{ noise: "1h" }, { noiseNs: 3.6e12 }],
    [{ seed: 0 }, { seed: 0 }],
    [{ seed: 4_294_967_295 }, { seed: 4_294_967_295 }],
  ];
  const nothing = Object.fromEntries(
    ["timeNs", "offsetNs", "rate", "steps", "leap", "leapsExpireNs", "leaps", "smear"]
      .concat("noiseNs", "seed").map((key) => [key, undefined]),
  );
  for (const [options, reading] of table) {
    assertEquals(readClock(options), { ...nothing, ...reading } as unknown as ClockReading);
  }
});

Deno.test("a step is at a time after the start, or at an instant of served time", () => {
  const after = (seconds: number): { afterNs: bigint } => ({
    afterNs: BigInt(Math.round(seconds * 1e9)),
  });
  const table: [at: string, { afterNs: bigint } | { servedNs: bigint }][] = [
    ["0", after(0)],
    ["0:59", after(59)],
    ["90:00", after(5400)],
    ["00:05", after(5)],
    ["01:02:03", after(3723)],
    ["100:00:01", after(360_001)],
    ["PT1M", after(60)],
    ["1m1ms", after(60.001)],
    ["0.5", after(0.5)],
    ["@5", { servedNs: 5n * SECOND }],
    ["@-5", { servedNs: -5n * SECOND }],
    ["2030-01-01", { servedNs: parseInstantNs("2030-01-01") }],
    ["+012345-01-01T00:00:00Z", { servedNs: parseInstantNs("+012345-01-01T00:00:00Z") }],
    ["-000001-01-01T00:00:00Z", { servedNs: parseInstantNs("-000001-01-01T00:00:00Z") }],
  ];
  for (const [when, at] of table) {
    assertEquals(readClock({ steps: [`-1h@${when}`] }).steps, [
      { when, at, byNs: -3600n * SECOND },
    ], when);
  }
});

Deno.test("a number of a clock that is out of bounds is a RangeError, any other value a SyntaxError", () => {
  const tooFar: ClockOptions[] = [
    { rate: 1_000_000.1 },
    { rate: "-1000001x" },
    { rate: "+1e9ppm".replace("1e9", "1000000000000") },
    { steps: ["+1s@-1ns"] },
    { smear: "linear,999ms" },
    { smear: "linear,3456001s" },
    { noise: "3600.000000001" },
    { noise: "-1ns" },
    { noise: Temporal.Duration.from({ hours: -1 }) },
    { seed: -1 },
    { seed: 2 ** 32 },
  ];
  for (const options of tooFar) {
    assertThrows(() => readClock(options), RangeError, "expected", Deno.inspect(options));
  }
  const unreadable: ClockOptions[] = [
    { rate: "1e7y" },
    { smear: "linear,1d,2d" },
    { smear: "linear," },
    { smear: "" },
    { leap: "insert@2028-12-3" },
    { leap: "insert@2028-13-01" },
    { leap: "repeat@2028-12-31" },
    { leap: "insert@2028-12-311" },
    { steps: ["@00:05"] },
    { steps: ["+1s@"] },
    { steps: ["+1s@00:5"] },
    { steps: ["+1s@1:2:3:04"] },
    { steps: ["+1s@203-01-01"] },
  ];
  for (const options of unreadable) {
    const error = assertThrows(() => readClock(options), SyntaxError, "clock.");
    assertEquals(error instanceof RangeError, false);
  }
});
