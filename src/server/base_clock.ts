/** The clock behind a server: the system's, or a caller's own. */
import { openLibc } from "../system/libc.ts";
import { type Clock, measurePrecision } from "../clock/clock.ts";
import { RealtimeClock } from "../clock/kernel_clocks.ts";
import { systemClock } from "../clock/system_clock.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";

/** Whether it is a caller's own clock; throws a `TypeError` if it is neither that nor options. */
export function isClock(clock: Clock | ClockOptions): clock is Clock {
  if (typeof clock !== "object" || clock === null) {
    throw new TypeError(`clock is ${clock}, expected an object such as { offset: "+1h" }`);
  }
  return "read" in clock;
}

/** Measures the precision of a clock, read as the transport reads it. */
export function precisionOn(transport: "datagram" | "mmsg", clock: Clock): number {
  if (transport === "datagram") return measurePrecision(clock);
  if (clock !== systemClock) return measurePrecision(clock);
  using libc = openLibc();
  return measurePrecision(new RealtimeClock(libc));
}
