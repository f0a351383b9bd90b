/** A network whose exchanges are measured by the clock that is corrected. */
import type { Clock } from "../../clock/clock.ts";
import { joinNs } from "../../clock/line.ts";
import type { Network } from "../../client/network.ts";
import type { Timers } from "../../system/time.ts";
import type { DatagramConnection } from "../../transports/connect_datagram.ts";

/** Has both ends of each exchange be read from the base clock. */
export function onBase(network: Network, base: Clock): Network {
  const timers = timersOnBase(network.timers, base);
  return {
    timers,
    resolve: (hostname, family) => network.resolve(hostname, family),
    isClosed: (hostname, port) => network.isClosed(hostname, port),
    async connect(to): Promise<DatagramConnection> {
      return stampOnBase(await network.connect(to), network.timers, timers);
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
  base: Timers,
): DatagramConnection {
  const read = connection.receivedAt?.bind(connection);
  if (read === undefined) return connection;
  return Object.assign(connection, {
    receivedAt(): Temporal.Instant | undefined {
      const stamp = read();
      return stamp && base.now().subtract(stamp.until(system.now()));
    },
  });
}
