import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/clocks/clock.ts";

Deno.test("systemClock reads this machine's time in whole seconds and nanoseconds", () => {
  const time = { seconds: NaN, nanoseconds: NaN };
  const before = Date.now();
  systemClock.read(time);
  const after = Date.now();
  const milliseconds = time.seconds * 1000 + time.nanoseconds / 1e6;
  assert(before <= milliseconds && milliseconds < after + 1);
});

Deno.test("systemClock keeps nanoseconds positive before 1970", () => {
  const { instant } = Temporal.Now;
  try {
    Temporal.Now.instant = () => Temporal.Instant.fromEpochNanoseconds(-1n);
    const time = { seconds: NaN, nanoseconds: NaN };
    systemClock.read(time);
    assertEquals(time, { seconds: -1, nanoseconds: 999_999_999 });
  } finally {
    Temporal.Now.instant = instant;
  }
});
