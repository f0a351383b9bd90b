/** A time zone of a test's own, whatever this machine's is. */
import { localZone } from "../../src/system/local_time.ts";

/** Calls a function where local time is this many seconds ahead of UTC, until its promise is settled. */
export function inZone<T>(offsetSeconds: number, run: () => T): T {
  const zone: { offsetAt(unixSeconds: number): number } = localZone();
  const { offsetAt } = zone;
  const restore = (): void => void (zone.offsetAt = offsetAt);
  zone.offsetAt = () => offsetSeconds;
  let result: T;
  try {
    result = run();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}
