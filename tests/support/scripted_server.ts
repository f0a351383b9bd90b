/** Servers that reply as a test wants, for tests of clients. */
import type { Protocol } from "../../src/protocols/registry.ts";
import {
  decodeNtpPacket,
  encodeNtpPacket,
  type NtpPacket,
} from "../../src/protocols/ntp/packet.ts";
import { toTimestamp } from "../../src/protocols/ntp/timestamp.ts";

/** A server whose replies a test decides. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly socket: Deno.DatagramConn;
  readonly requests: { text: string; from: Deno.NetAddr }[];
}

/**
 * Starts a server on a free port.
 *
 * @param reply Called with each request: its sender, how many came so far, and its octets
 * @param protocol The scheme of its URL
 */
export function scriptedServer(
  reply: (
    socket: Deno.DatagramConn,
    from: Deno.NetAddr,
    count: number,
    octets: Uint8Array,
  ) => unknown,
  protocol: Protocol = "asctime",
  hostname = "127.0.0.1",
): ScriptedServer {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  const requests: ScriptedServer["requests"] = [];
  const done = (async () => {
    for await (const [octets, from] of socket) {
      requests.push({ text: new TextDecoder().decode(octets), from: from as Deno.NetAddr });
      await reply(socket, from as Deno.NetAddr, requests.length, octets);
    }
  })();
  const { port } = socket.addr as Deno.NetAddr;
  return {
    url: `${protocol}://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
    port,
    socket,
    requests,
    [Symbol.asyncDispose]: () => (socket.close(), done),
  };
}

/** A valid reply to an NTP request, but for the fields given. */
export function ntpReply(
  request: Uint8Array,
  fields: Partial<NtpPacket> = {},
  time: Temporal.Instant = Temporal.Now.instant(),
): Uint8Array {
  const now = toTimestamp(time);
  return encodeNtpPacket({
    ...decodeNtpPacket(request),
    mode: 4,
    stratum: 2,
    precision: -20,
    referenceId: 0xc0000201,
    referenceTimestamp: now - (60n << 32n),
    originTimestamp: decodeNtpPacket(request).transmitTimestamp,
    receiveTimestamp: now,
    transmitTimestamp: now + 1n,
    ...fields,
  });
}

/** The reference id that has these characters, such as a kiss code. */
export function referenceIdOf(text: string): number {
  return [...text].reduce((id, letter) => id * 256 + letter.charCodeAt(0), 0);
}
