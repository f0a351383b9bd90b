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
