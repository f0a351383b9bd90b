import type { Protocol } from "../../src/protocols/endpoint.ts";

/** A peer of the client that does what a test tells it with each request. */
export interface Peer extends AsyncDisposable {
  readonly url: string;
  readonly socket: Deno.DatagramConn;
  readonly requests: { text: string; from: Deno.NetAddr }[];
}

/**
 * Starts one on a free port.
 *
 * @param answer What to do with a request: its sender, how many there were, and its octets
 * @param protocol The scheme of its URL
 */
export function peer(
  answer: (
    socket: Deno.DatagramConn,
    from: Deno.NetAddr,
    count: number,
    octets: Uint8Array,
  ) => unknown,
  protocol: Protocol = "asctime",
): Peer {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const requests: Peer["requests"] = [];
  const done = (async () => {
    for await (const [octets, from] of socket) {
      requests.push({ text: new TextDecoder().decode(octets), from: from as Deno.NetAddr });
      await answer(socket, from as Deno.NetAddr, requests.length, octets);
    }
  })();
  return {
    url: `${protocol}://127.0.0.1:${(socket.addr as Deno.NetAddr).port}`,
    socket,
    requests,
    [Symbol.asyncDispose]: () => (socket.close(), done),
  };
}
