/** Listeners and their transport, as the command line has them. */
import { formatAddress } from "../../protocols/endpoint.ts";
import { type ListenerSpec, parseListener } from "../../server/listener.ts";
import type { Transport } from "../../server/transport.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { asArgumentError, UsageError } from "../shared/usage_error.ts";

/**
 * Checks listeners before anything is started.
 *
 * @throws {UsageError} If one of them cannot be read, or has the address of another
 */
export function readListeners(urls: readonly string[]): readonly ListenerSpec[] {
  const listeners = asArgumentError(() => urls.map(parseListener));
  const taken = new Set<string>();
  for (const { endpoint, clock } of listeners) {
    if (clock) asArgumentError(() => planTimeline(clock, Temporal.Now.instant().epochNanoseconds));
    const address = formatAddress(endpoint);
    if (taken.has(address)) throw new UsageError(`Two listeners cannot share udp ${address}`);
    if (endpoint.port !== 0) taken.add(address);
  }
  return listeners;
}

/**
 * Checks the options of the transport together, before anything is started.
 *
 * @param values The options
 * @param hasFaults Whether replies are to have faults
 * @throws {UsageError} If they contradict each other
 */
export function checkTransport(
  { transport, workers = 1, receiveQueueKib }: {
    readonly transport: Transport;
    readonly workers?: number | undefined;
    readonly receiveQueueKib?: number | undefined;
  },
  hasFaults: boolean,
): void {
  if (transport === "mmsg" && hasFaults) {
    throw new UsageError(
      "Faults delay replies, which the mmsg transport cannot do: leave out --transport mmsg",
    );
  }
  if (transport === "datagram" && (workers > 1 || receiveQueueKib !== undefined)) {
    throw new UsageError("--workers and --receive-queue are for --transport mmsg");
  }
}
