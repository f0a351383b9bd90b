import { type DatagramSocket, runtime } from "./runtime.ts";

/**
 * Opens a UDP socket of Deno, whose API is unstable: without a setting it is not there.
 *
 * @throws {Deno.errors.NotSupported} If it is not there; the message names the setting
 */
export function openUdp(hostname: string, port: number): DatagramSocket {
  if (runtime.listenDatagram === undefined) {
    throw new runtime.errors.NotSupported(
      'UDP needs "unstable": ["net"] in your deno.json, or deno run --unstable-net',
    );
  }
  return runtime.listenDatagram({ transport: "udp", hostname, port });
}

/** The codes of `accept()` where a client has reset its connection already. */
const RESETS = ["ENOTCONN", "ECONNABORTED", "ECONNRESET"];

/**
 * Whether a connection could not be accepted because its client reset it. Others must not wait then: the next one
 * can be accepted at once.
 */
export function isReset(error: unknown): boolean {
  return RESETS.includes(String((error as { readonly code?: unknown }).code));
}

/** Closes a connection that may be closed already. */
export function closeQuietly(connection: { close(): void }): void {
  try {
    connection.close();
  } catch {
    // It is.
  }
}
