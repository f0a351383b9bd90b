/** A network whose exchanges are measured by the clock that is corrected. */
import type { Clock } from "../../clock/clock.ts";
import { joinNs } from "../../clock/line.ts";
import type { Network } from "../../client/network.ts";
import type { Timers } from "../../system/time.ts";
import type { DatagramConnection } from "../../transports/connect_datagram.ts";

/** A receive timestamp that is older, or in the future: the system's clock was set in between. */
const MAX_STAMP_AGE_SECONDS = 1;

/** How often both clocks are read together. */
const READINGS = 3;

/** Has both ends of each exchange be read from the base clock. */
export function onBase(network: Network, base: Clock): Network {
  const timers = timersOnBase(network.timers, base);
  return {
    timers,
    precision: network.precision,
    resolve: (hostname, family) => network.resolve(hostname, family),
    isClosed: (hostname, port) => network.isClosed(hostname, port),
    async connect(to): Promise<DatagramConnection> {
      return stampOnBase(await network.connect(to), network.timers, base);
    },
  };
}

function timersOnBase(timers: Timers, base: Clock): Timers {
  const reading = { seconds: 0, nanoseconds: 0 };
  base.read(reading);
  const startSeconds = reading.seconds;
  return {
    sleep: (ms, signal) => timers.sleep(ms, signal),
    timeout: (ms) => timers.timeout(ms),
    every: (ms, tick) => timers.every(ms, tick),
    now(): Temporal.Instant {
      base.read(reading);
      return Temporal.Instant.fromEpochNanoseconds(joinNs(reading));
    },
    monotonicMs(): number {
      base.read(reading);
      return (reading.seconds - startSeconds) * 1000 + reading.nanoseconds / 1e6;
    },
  };
}

/** Has the arrivals at a socket, which the kernel stamps by the system's clock, be of the base clock. */
function stampOnBase(
  connection: DatagramConnection,
  system: Timers,
  base: Clock,
): DatagramConnection {
  const read = connection.receivedAt?.bind(connection);
  if (read === undefined) return connection;
  return Object.assign(connection, {
    receivedAt(): Temporal.Instant | undefined {
      const stamp = read();
      if (stamp === undefined) return undefined;
      const { now, middle } = readBoth(system, base);
      const age = stamp.until(now);
      const isPlausible = age.sign >= 0 && age.total("seconds") <= MAX_STAMP_AGE_SECONDS;
      return isPlausible ? middle.subtract(age) : middle;
    },
  });
}

/**
 * Reads both clocks as if at one moment. The time that a reading takes is as long as a loopback exchange, so it must
 * not count as an age; one that is interrupted would be an error, and of some readings one is not.
 */
function readBoth(
  system: Timers,
  base: Clock,
): { readonly now: Temporal.Instant; readonly middle: Temporal.Instant } {
  const readings = Array.from({ length: READINGS }, () => {
    const [before, after] = [{ seconds: 0, nanoseconds: 0 }, { seconds: 0, nanoseconds: 0 }];
    // Nothing else is in between: to make an instant takes longer than to read a clock.
    base.read(before);
    const now = system.now();
    base.read(after);
    return { now, beforeNs: joinNs(before), apartNs: joinNs(after) - joinNs(before) };
  });
  const { now, beforeNs, apartNs } = readings.reduce((best, each) =>
    each.apartNs < best.apartNs ? each : best
  );
  const middle = Temporal.Instant.fromEpochNanoseconds(beforeNs + apartNs / 2n);
  return { now, middle };
}
