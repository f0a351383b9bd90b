/** Datagrams from the outside, for tests that run the programs. */

/** Fails when a promise takes so long that what it stands for will never come. */
export async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Nothing happened within ${seconds} s`)),
    seconds * 1000,
  );
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for what cannot be heard of. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A socket that sends octets to whom it likes and takes what comes. */
export class Client implements Disposable {
  readonly #socket: Deno.DatagramConn;

  constructor(hostname = "127.0.0.1", port = 0) {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port });
  }

  /** Its own port. */
  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  /** Sends a datagram. */
  async send(
    octets: Uint8Array,
    to: { hostname: string; port: number } | undefined,
  ): Promise<void> {
    const { hostname = "", port = 0 } = to ?? {};
    await this.#socket.send(octets, { transport: "udp", hostname, port });
  }

  /** Takes the next datagram, with who sent it. */
  async receive(): Promise<{ octets: Uint8Array; from: Deno.NetAddr }> {
    const [octets, from] = await within(5, this.#socket.receive());
    return { octets, from: from as Deno.NetAddr };
  }

  /** Sends a datagram and takes what comes next. */
  async ask(
    octets: Uint8Array,
    to: { hostname: string; port: number } | undefined,
  ): Promise<Uint8Array> {
    await this.send(octets, to);
    return (await this.receive()).octets;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** One client of a server on a loopback address: a socket that asks as often as it is told to. */
export class Asker implements Disposable {
  /** How many replies came. */
  replies = 0;
  readonly #socket: Deno.DatagramConn;
  readonly #server: Deno.NetAddr;

  constructor(port: number, hostname = "127.0.0.1") {
    this.#server = { transport: "udp", hostname, port };
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  }

  /** Its own address. */
  get address(): Deno.NetAddr {
    return this.#socket.addr as Deno.NetAddr;
  }

  /** Sends a request, and again until something comes back: the text of the reply. */
  async ask(request = "Time request"): Promise<string> {
    const octets = new TextEncoder().encode(request);
    const send = (): void => void this.#socket.send(octets, this.#server).catch(() => {});
    send();
    const again = setInterval(send, 500);
    try {
      return await within(10, this.#receive());
    } finally {
      clearInterval(again);
    }
  }

  /** Asks again and again, one request at a time, until a datagram saying `end` comes. */
  async askUntilTold(onReply: () => void = () => {}): Promise<void> {
    const octets = new TextEncoder().encode("Time request");
    while (true) {
      await this.#socket.send(octets, this.#server);
      if (await this.#receive() === "end") return;
      this.replies++;
      onReply();
    }
  }

  /** Ends {@linkcode askUntilTold}: replies that have already come are counted first. */
  async tellToEnd(): Promise<void> {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    await socket.send(new TextEncoder().encode("end"), this.address);
    socket.close();
  }

  async #receive(): Promise<string> {
    const [octets] = await this.#socket.receive();
    return new TextDecoder().decode(octets);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** Has `clients` ask `count` times in all, each one request at a time. */
export async function askMany(port: number, count: number, clients = 20): Promise<void> {
  let left = count;
  await Promise.all(Array.from({ length: clients }, async () => {
    using asker = new Asker(port);
    while (left-- > 0) await asker.ask();
  }));
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): number {
  using asker = new Asker(0);
  return asker.address.port;
}
