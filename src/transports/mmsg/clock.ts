import type { Clock, UnixTime } from "../../clocks/clock.ts";
import { CLOCK_REALTIME, type Libc, TIMESPEC, zeroed } from "./libc.ts";

/** The clock of this machine, read in a tenth of the time that `Temporal` takes. */
export function realtimeClock(libc: Libc): Clock {
  const timespec = zeroed(TIMESPEC.size);
  const words = new Int32Array(timespec.buffer);
  const { clock_gettime } = libc.call;
  return {
    read(time: UnixTime): void {
      clock_gettime(CLOCK_REALTIME, timespec);
      time.seconds = secondsOf(words, TIMESPEC.seconds / 4);
      time.nanoseconds = words[TIMESPEC.nanoseconds / 4] as number;
    },
  };
}

/** A number of 64 bits, from its two halves: a bigint would be garbage at every datagram. */
export function secondsOf(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> 0) + (words[at + 1] as number) * 2 ** 32;
}
