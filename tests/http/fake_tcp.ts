/** TCP connections without a network, from any address, for tests. */
import { HttpListener, type HttpListenerOptions } from "../../src/http/listener.ts";
import { FakeTime } from "../support/fake_time.ts";

/** A connection to the listener, from its client's end. */
export class FakeClient {
  /** Everything that the server has sent. */
  received = "";
  /** The same as octets. */
  readonly octets: number[] = [];
  /** Whether the server has said that it sends nothing more. */
  hasEnd = false;
  /** Whether the server sends small parts at once. */
  hasNoDelay = false;
  /** Whether the server has given up its socket. */
  isClosed = false;
  /** Whether it reads what the server sends. */
  isReading = true;
  readonly conn: Deno.TcpConn;
  readonly #arrived: Uint8Array[] = [];
  #isOver = false;
  #arrival = Promise.withResolvers<void>();

  constructor(hostname: string) {
    // deno-lint-ignore no-this-alias -- two ends of one connection
    const client = this;
    const failIfClosed = (): void => {
      if (this.isClosed) throw new Deno.errors.BadResource("Bad resource ID");
    };
    this.conn = {
      remoteAddr: { transport: "tcp", hostname, port: 50_000 },
      async read(buffer: Uint8Array): Promise<number | null> {
        while (client.#arrived.length === 0 && !client.#isOver) {
          failIfClosed();
          await client.#arrival.promise;
        }
        failIfClosed();
        const [first] = client.#arrived;
        if (first === undefined) return null;
        const part = first.subarray(0, buffer.length);
        buffer.set(part);
        client.#arrived.shift();
        if (part.length < first.length) client.#arrived.unshift(first.subarray(part.length));
        return part.length;
      },
      async write(octets: Uint8Array): Promise<number> {
        failIfClosed();
        if (!client.isReading) await new Promise(() => {});
        // A socket may take less than it is given.
        const part = octets.subarray(0, 1000);
        client.received += new TextDecoder().decode(part);
        client.octets.push(...part);
        return part.length;
      },
      setNoDelay(): void {
        client.hasNoDelay = true;
      },
      closeWrite(): Promise<void> {
        client.hasEnd = true;
        return Promise.resolve();
      },
      close(): void {
        failIfClosed();
        client.isClosed = true;
        client.#changed();
      },
    } as unknown as Deno.TcpConn;
  }

  send(data: string | Uint8Array): void {
    this.#arrived.push(typeof data === "string" ? new TextEncoder().encode(data) : data);
    this.#changed();
  }

  /** Sends nothing more. */
  end(): void {
    this.#isOver = true;
    this.#changed();
  }

  /** The number of parts that the server has not read. */
  get unread(): number {
    return this.#arrived.length;
  }

  /** The status codes of the responses so far. */
  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
  }

  #changed(): void {
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }
}

/** A listener, and the clients that connect to it. */
export class FakeTcp implements AsyncDisposable {
  readonly time: FakeTime = new FakeTime();
  readonly listener: HttpListener;
  /** The address that it was asked to listen on. */
  asked: Deno.TcpListenOptions | undefined;
  /** Whether the listening socket is closed. */
  isClosed = false;
  readonly #waiting: (Deno.TcpConn | Error)[] = [];
  #accept: PromiseWithResolvers<void> = Promise.withResolvers();

  /** @param bound The address that it listens on, if that is another */
  constructor(handler: HttpListenerOptions["handler"], bound: Partial<Deno.NetAddr> = {}) {
    const listen = (asked: Deno.TcpListenOptions): Deno.TcpListener => {
      this.asked = asked;
      const accept = async (): Promise<Deno.TcpConn> => {
        while (this.#waiting.length === 0) {
          if (this.isClosed) throw new Deno.errors.BadResource("Listener has been closed");
          await this.#accept.promise;
        }
        const next = this.#waiting.shift();
        if (next instanceof Error) throw next;
        return next as Deno.TcpConn;
      };
      const close = (): void => {
        this.isClosed = true;
        this.#changed();
      };
      const hostname = asked.hostname ?? "0.0.0.0";
      const addr = { transport: "tcp", hostname, port: asked.port || 4000, ...bound };
      return { addr, accept, close } as unknown as Deno.TcpListener;
    };
    this.listener = new HttpListener({
      name: "test",
      handler,
      webSocketPath: "/ws",
      timers: this.time,
      listen,
    });
  }

  async start(hostname = "127.0.0.1", port = 0): Promise<void> {
    await this.listener.start({ hostname, port });
  }

  /** Connects, and lets the server accept. */
  async connect(hostname = "127.0.0.1"): Promise<FakeClient> {
    const client = new FakeClient(hostname);
    this.#waiting.push(client.conn);
    this.#changed();
    await this.time.advance(0);
    return client;
  }

  /** Has the next connection fail to be accepted. */
  fail(error: Error): void {
    this.#waiting.push(error);
    this.#changed();
  }

  /** Sends a text over a connection of its own, and returns that. */
  async ask(text: string, hostname?: string): Promise<FakeClient> {
    const client = await this.connect(hostname);
    client.send(text);
    await this.settle();
    return client;
  }

  /** Lets run what can, without time passing. */
  async settle(): Promise<void> {
    for (let i = 0; i < 10; i++) await this.time.advance(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.time.run(this.listener.shutdown());
  }

  #changed(): void {
    this.#accept.resolve();
    this.#accept = Promise.withResolvers();
  }
}
