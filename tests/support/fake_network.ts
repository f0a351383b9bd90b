/** Servers and names without a network, under fake time. */
import type { Network } from "../../src/client/network.ts";
import { formatEndpoint, parseEndpoint } from "../../src/protocols/endpoint.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import type { NtpPacket } from "../../src/protocols/ntp/packet.ts";
import { isLoopback } from "../../src/system/address.ts";
import type {
  ConnectDatagramOptions,
  DatagramConnection,
} from "../../src/transports/connect_datagram.ts";
import { FakeTime } from "./fake_time.ts";
import { ntpReply, referenceIdOf } from "./scripted_server.ts";

/** A request as a {@linkcode FakeServer} receives it. */
export interface FakeRequest {
  readonly octets: Uint8Array;
  /** The number of requests so far, this one included. */
  readonly count: number;
}

/** Milliseconds on the way there and back, which may differ from request to request. */
export type Route = (count: number) => readonly [thereMs: number, backMs: number];

/** A server that a test has scripted. */
export interface FakeServer {
  /** Its URL, port included. */
  readonly url: string;
  /** When each request was sent, and from which port. */
  readonly requests: { readonly atMs: number; readonly port: number }[];
  /** Seconds by which its clock is ahead. */
  aheadSeconds: number;
}

/** The fields of an NTP reply that is a kiss-o'-death with this code. */
export function kissOfDeath(code: string): Partial<NtpPacket> {
  return { stratum: 0, leap: 3, referenceId: referenceIdOf(code) };
}

/** A network whose servers, names and time are a test's own. */
export class FakeNetwork implements Network {
  readonly timers: FakeTime;
  /** Fixed, as the precision that is measured depends on the load of the machine. */
  readonly precision = -21;
  /** The addresses of names; others are unknown. */
  readonly hosts: Record<string, string[]> = {};
  /** The addresses that no socket can be opened to, each with the error. */
  readonly unusable: Record<string, Error> = {};
  /** Whether the kernel timestamps arrivals. */
  isStamped = false;
  /** The names that were looked up, in order. */
  readonly lookups: string[] = [];
  readonly #servers = new Map<string, (octets: Uint8Array, to: Connection) => Promise<void>>();
  #nextPort = 40_000;

  /** @param start The time at first */
  constructor(start?: string) {
    this.timers = new FakeTime(start);
  }

  /** Adds a server, which sends what `reply` returns. */
  serve(
    url: string,
    reply: (request: FakeRequest, server: FakeServer) => Uint8Array | Uint8Array[] | undefined,
    route: Route = () => [1, 1],
  ): FakeServer {
    const endpoint = parseEndpoint(url, "ntp");
    const server: FakeServer = { url: formatEndpoint(endpoint), requests: [], aheadSeconds: 0 };
    this.#servers.set(keyOf(endpoint), async (octets, from) => {
      const count = server.requests.push({
        atMs: this.timers.monotonicMs(),
        port: from.localAddr.port,
      });
      const [thereMs, backMs] = route(count);
      await this.timers.sleep(thereMs);
      const replies = [reply({ octets, count }, server) ?? []].flat();
      await this.timers.sleep(backMs);
      for (const each of replies) {
        from.deliver(each, this.isStamped ? this.timers.now() : undefined);
      }
    });
    return server;
  }

  /** Adds an NTP server whose replies are valid but for these fields. */
  serveNtp(
    url: string,
    fieldsOf: (count: number) => Partial<NtpPacket> | undefined = () => ({}),
    route?: Route,
  ): FakeServer {
    return this.serve(url, ({ octets, count }, { aheadSeconds }) => {
      const fields = fieldsOf(count);
      const milliseconds = Math.round(aheadSeconds * 1000);
      return fields && ntpReply(octets, fields, this.timers.now().add({ milliseconds }));
    }, route);
  }

  /** Lets time pass until a promise settles. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.timers.run(promise);
  }

  resolve(hostname: string): Promise<string[]> {
    this.lookups.push(hostname);
    const isAddress = /^[\d.]+$|:/.test(hostname);
    const addresses = isAddress ? [hostname] : this.hosts[hostname];
    if (addresses) return Promise.resolve(addresses);
    return Promise.reject(new QueryError("unknown_host", `Unknown host ${hostname}`));
  }

  connect({ hostname, port, signal }: ConnectDatagramOptions): Promise<DatagramConnection> {
    const error = this.unusable[hostname];
    if (error) return Promise.reject(error);
    const receive = this.#servers.get(keyOf({ hostname, port }));
    const connection: Connection = new Connection(
      { transport: "udp", hostname: "192.0.2.254", port: this.#nextPort++ },
      { transport: "udp", hostname, port },
      (octets) => void receive?.(octets, connection),
    );
    signal?.addEventListener("abort", () => connection.close());
    return Promise.resolve(connection);
  }

  isClosed(hostname: string, port: number): boolean {
    return isLoopback(hostname) && !this.#servers.has(keyOf({ hostname, port }));
  }
}

/** Counts the open sockets: their owner must close them, an abort signal does not. */
export function countSockets(network: FakeNetwork): () => number {
  let open = 0;
  const connect = network.connect.bind(network);
  network.connect = async (options) => {
    const connection = await connect({ ...options, signal: undefined });
    const close = connection.close.bind(connection);
    connection.close = () => (open--, close());
    open++;
    return connection;
  };
  return () => open;
}

function keyOf({ hostname, port }: { hostname: string; port: number }): string {
  return `${hostname} ${port}`;
}

class Connection implements DatagramConnection {
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  readonly #send: (octets: Uint8Array) => void;
  readonly #arrived: { octets: Uint8Array; at: Temporal.Instant | undefined }[] = [];
  #receivedAt: Temporal.Instant | undefined;
  #arrival = Promise.withResolvers<void>();

  constructor(
    localAddr: Deno.NetAddr,
    remoteAddr: Deno.NetAddr,
    send: (octets: Uint8Array) => void,
  ) {
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
    this.#send = send;
    this.#arrival.promise.catch(() => {});
  }

  deliver(octets: Uint8Array, at: Temporal.Instant | undefined): void {
    this.#arrived.push({ octets, at });
    this.#arrival.resolve();
  }

  send(octets: Uint8Array): Promise<void> {
    this.#send(octets);
    return Promise.resolve();
  }

  async receive(): Promise<Uint8Array> {
    await this.#arrival.promise;
    const { octets = new Uint8Array(), at } = this.#arrived.shift() ?? {};
    this.#receivedAt = at;
    if (this.#arrived.length === 0) this.#arrival = Promise.withResolvers();
    return octets;
  }

  receivedAt(): Temporal.Instant | undefined {
    return this.#receivedAt;
  }

  close(): void {
    this.#arrival.promise.catch(() => {});
    this.#arrival.reject(new Error("The connection is closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
