/** A time zone of a test's own, whatever this machine's is. */
import { localZone } from "../../src/system/local_time.ts";

/** Calls a function where local time is this many seconds ahead of UTC. */
export function inZone<T>(offsetSeconds: number, run: () => T): T {
  const zone: { offsetAt(unixSeconds: number): number } = localZone();
  const { offsetAt } = zone;
  zone.offsetAt = () => offsetSeconds;
  try {
    return run();
  } finally {
    zone.offsetAt = offsetAt;
  }
}
