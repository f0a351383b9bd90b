/** Listeners and their transport, as the command line has them. */
import { type AddressFamily, addressFamily } from "../../system/address.ts";
import { type ListenerSpec, parseListeners } from "../../server/listener.ts";
import type { Transport } from "../../server/transport.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { asArgumentError, UsageError } from "../shared/usage_error.ts";

/**
 * Checks listeners before anything is started.
 *
 * @param family The IP version to keep to, if one is chosen
 * @throws {UsageError} If one of them cannot be read, has an address of another, or one of another IP version
 */
export function readListeners(
  urls: readonly string[],
  family: AddressFamily | undefined,
): readonly ListenerSpec[] {
  const listeners = asArgumentError(() => parseListeners(urls));
  for (const { endpoint: { hostname }, clock } of listeners) {
    if (clock) asArgumentError(() => planTimeline(clock, Temporal.Now.instant().epochNanoseconds));
    const own = addressFamily(hostname);
    if (family !== undefined && own !== undefined && own !== family) {
      throw new UsageError(`${hostname} is an IPv${own} address: leave out -${family}`);
    }
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
