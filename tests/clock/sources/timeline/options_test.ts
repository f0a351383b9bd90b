import { assertThrows } from "@std/assert";
import type { ClockOptions } from "../../../../src/clock/sources/timeline/options.ts";
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
    [{ steps: ["1s@2020-01-01T00:00:00Z"] }, "the served time is past it"],
    [{ steps: ["1s@2030-01-01T00:00:00Z"], rate: -1 }, "the served time is past it"],
    [{ steps: ["1s@-5s"] }, 'clock.steps is ["1s@-5s"], expected a moment after the start'],
    [
      { leap: "delete@2016-12-31" },
      "Cannot delete a second on 2016-12-31: the served time is past",
    ],
    [
      { leap: "delete@2028-12-31", leapSeconds: [parseLeap("insert@2028-12-31")] },
      "Cannot insert and delete a second on 2028-12-31",
    ],
    [
      { leapSeconds: [{ kind: "insert", midnightNs: 43_200_000_000_000n }] },
      "Cannot insert a second at 1970-01-01T12:00:00Z: it is not the end of a day",
    ],
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
    [{ offset: 5 }, "clock.offset is 5, expected a duration"],
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
});
