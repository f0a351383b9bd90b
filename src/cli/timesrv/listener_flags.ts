/** Listeners and how their datagrams are moved, as it is said on the command line. */
import { formatAddress } from "../../protocols/endpoint.ts";
import { type ListenerSpec, parseListener } from "../../server/listener.ts";
import type { Transport } from "../../server/transport.ts";
import { checkClock, checked } from "./clock_flags.ts";
import { UsageError } from "../shared/usage_error.ts";

/** The options of the command line that say how datagrams are moved. */
export interface TransportFlags {
  readonly transport: Transport;
  readonly workers: number;
  /** In KiB. */
  readonly receiveQueue?: number | undefined;
}

/**
 * Reads listeners for their mistakes alone, before anything is started.
 *
 * @throws {UsageError} If one of them cannot be read, or is where another is
 */
export function readListeners(urls: readonly string[]): readonly ListenerSpec[] {
  const listeners = checked(() => urls.map(parseListener));
  const taken = new Set<string>();
  for (const { endpoint, clock } of listeners) {
    if (clock) checkClock(clock);
    const address = formatAddress(endpoint);
    if (taken.has(address)) throw new UsageError(`Two listeners cannot share udp ${address}`);
    if (endpoint.port !== 0) taken.add(address);
  }
  return listeners;
}

/**
 * Looks at the options together, before anything is started.
 *
 * @param flags What was asked for
 * @param hasFaults Whether answers are to go wrong
 * @throws {UsageError} If they contradict each other
 */
export function checkTransport(
  { transport, workers, receiveQueue }: TransportFlags,
  hasFaults: boolean,
): void {
  if (transport === "mmsg" && hasFaults) {
    throw new UsageError("Answers with faults wait, which mmsg cannot: leave out --transport mmsg");
  }
  if (transport === "datagram" && (workers > 1 || receiveQueue !== undefined)) {
    throw new UsageError("--workers and --receive-queue are for --transport mmsg");
  }
}
