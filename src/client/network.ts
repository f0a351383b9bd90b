import { type AddressFamily, isUnanswered, isUnicast, resolveHost } from "../system/address.ts";
import { systemTimers, type Timers } from "../system/time.ts";
import { openUdp } from "../system/sockets.ts";
import {
  connectDatagram,
  type ConnectDatagramOptions,
  type DatagramConnection,
} from "../transports/connect_datagram.ts";
import { QueryError } from "../protocols/failure.ts";
import { runtime } from "../system/runtime.ts";

/** What a client needs of its machine: time, names and sockets. Tests can simulate all three. */
export interface Network {
  /** The time that exchanges are measured with, and that waits pass by. */
  readonly timers: Timers;
  /** The precision of its clock, as a power of two of seconds; measured unless it is given. */
  readonly precision?: number | undefined;
  /**
   * Looks up the addresses of a host.
   *
   * @param hostname A name or an address
   * @param family The IP version to keep to
   * @returns At least one address, in the order in which to try them
   * @throws {QueryError} If the name is unknown, has no address of that version, or no name server answers
   */
  resolve(hostname: string, family?: AddressFamily): Promise<string[]>;
  /**
   * Opens a UDP socket to one peer.
   *
   * @param options The peer, by its address
   * @returns The connection, to be closed
   */
  connect(options: ConnectDatagramOptions): Promise<DatagramConnection>;
  /**
   * Checks whether an address is one of this machine's with nothing listening on that port.
   *
   * @param hostname The address
   * @param port The UDP port
   * @returns `false` where that cannot be known
   */
  isClosed(hostname: string, port: number): boolean;
}

export const systemNetwork: Network = {
  timers: systemTimers,
  resolve,
  connect: connectDatagram,
  isClosed,
};

export async function resolve(hostname: string, family?: AddressFamily): Promise<string[]> {
  try {
    return await resolveHost(hostname, family);
  } catch (cause) {
    if (cause instanceof runtime.errors.NotCapable) throw cause;
    const { message } = cause as Error;
    throw new QueryError(isUnanswered(cause) ? "no_name_server" : "unknown_host", message, {
      cause,
    });
  }
}

/**
 * An unconnected socket gets no ICMP error when a port is closed. But where a port of this very machine
 * can be bound, nothing was listening on it.
 */
function isClosed(hostname: string, port: number): boolean {
  // Any machine can bind a multicast address, which proves nothing about others; Windows an address whose port
  // a wildcard has.
  if (!isUnicast(hostname) || runtime.build.os === "windows") return false;
  try {
    openUdp(hostname, port).close();
    return true;
  } catch {
    return false;
  }
}
