/** Datagrams from the outside, for tests of servers. */
import { within } from "./wait.ts";

/** Where a datagram goes; undefined goes nowhere, so that `addresses[0]` needs no assertion. */
export type Destination = { readonly hostname: string; readonly port: number } | undefined;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A UDP socket that sends any octets to any address. */
export class UdpClient implements Disposable {
  /** The number of replies that {@linkcode askUntilEnded} received. */
  replies = 0;
  readonly #socket: Deno.DatagramConn;

  constructor(hostname = "127.0.0.1", port = 0) {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port });
  }

  /** Its own address. */
  get address(): Deno.NetAddr {
    return this.#socket.addr as Deno.NetAddr;
  }

  /** Sends a datagram. */
  async send(octets: Uint8Array, to: Destination): Promise<void> {
    const { hostname = "", port = 0 } = to ?? {};
    await this.#socket.send(octets, { transport: "udp", hostname, port });
  }

  /** The next datagram, and its sender. */
  async receive(seconds = 5): Promise<{ octets: Uint8Array; from: Deno.NetAddr }> {
    const [octets, from] = await within(seconds, this.#socket.receive());
    return { octets, from: from as Deno.NetAddr };
  }

  /** Sends a datagram and returns the one that comes next. */
  async ask(octets: Uint8Array, to: Destination): Promise<Uint8Array> {
    await this.send(octets, to);
    return (await this.receive()).octets;
  }

  /** The text that a server on this client's own address replies; it may still be starting. */
  async askText(port: number, request = "Time request"): Promise<string> {
    const { hostname } = this.address;
    const send = (): void => void this.send(encode(request), { hostname, port }).catch(() => {});
    send();
    const again = setInterval(send, 500);
    try {
      return new TextDecoder().decode((await this.receive(10)).octets);
    } finally {
      clearInterval(again);
    }
  }

  /** Sends one request after another, each after the reply to the one before, until {@linkcode end}. */
  async askUntilEnded(port: number, onReply: () => void = () => {}): Promise<void> {
    const { hostname } = this.address;
    while (true) {
      await this.send(encode("Time request"), { hostname, port });
      const [octets] = await within(30, this.#socket.receive());
      if (new TextDecoder().decode(octets) === "end") return;
      this.replies++;
      onReply();
    }
  }

  /** Ends {@linkcode askUntilEnded}: replies that have already come are counted first. */
  async end(): Promise<void> {
    using other = new UdpClient(this.address.hostname);
    await other.send(encode("end"), this.address);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** Sends `count` requests in all from `clients` sockets, each of which waits for its reply. */
export async function askMany(port: number, count: number, clients = 20): Promise<void> {
  let left = count;
  await Promise.all(Array.from({ length: clients }, async () => {
    using client = new UdpClient();
    while (left-- > 0) await client.askText(port);
  }));
}

/**
 * A port of 127.0.0.1 that was free a moment ago. Sockets with a port of the system's choice are given
 * others (32768 and up on Linux), so that none of them gets it meanwhile.
 */
export function freePort(): number {
  for (let tries = 0; tries < 100; tries++) {
    try {
      using client = new UdpClient("127.0.0.1", 10_000 + Math.floor(Math.random() * 20_000));
      return client.address.port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("No port is free");
}
