/** What `runtime.ts` has, over Node's own modules: the build of the npm package puts it in the place of that. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket as TcpSocket } from "node:net";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { setTimeout } from "node:timers";
import type { Runtime } from "./runtime.ts";

class AddrInUse extends Error {}
class AddrNotAvailable extends Error {}
class NotCapable extends Error {}
class NotSupported extends Error {}
class PermissionDenied extends Error {}

/** Datagrams that wait for a reader, beside the queue of the kernel. */
const MAX_WAITING = 1024;

const kinds: Readonly<Record<string, new (message: string, options: ErrorOptions) => Error>> = {
  EADDRINUSE: AddrInUse,
  EADDRNOTAVAIL: AddrNotAvailable,
  EACCES: PermissionDenied,
  EPERM: PermissionDenied,
};

/** The error of Deno that an error of Node stands for. */
function translate(error: unknown): Error {
  const { code = "", message } = error as { readonly code?: string; readonly message: string };
  return Object.assign(new (kinds[code] ?? Error)(message, { cause: error }), { code });
}

/** Hands what arrives to those who ask for it, in turn. */
class Queue<T> {
  readonly #items: T[] = [];
  readonly #takers: PromiseWithResolvers<T>[] = [];
  readonly #limit: number;
  #end: Error | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns whether there was room for it. */
  put(item: T): boolean {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker.resolve(item);
    else if (this.#items.length >= this.#limit) return false;
    else this.#items.push(item);
    return true;
  }

  take(): Promise<T> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift() as T);
    const taker = Promise.withResolvers<T>();
    this.#takers.push(taker);
    return taker.promise;
  }

  /** Ends it; returns what nobody has taken. */
  close(reason: string): readonly T[] {
    this.#end = new Error(reason);
    for (const { reject } of this.#takers.splice(0)) reject(this.#end);
    return this.#items.splice(0);
  }
}

class NodeDatagrams {
  readonly addr: Deno.NetAddr;
  readonly #socket: UdpSocket;
  readonly #arrived = new Queue<[Uint8Array<ArrayBuffer>, Deno.NetAddr]>(MAX_WAITING);

  constructor(hostname: string, port: number) {
    const isIpv6 = hostname.includes(":");
    const socket = this.#socket = createSocket({
      type: isIpv6 ? "udp6" : "udp4",
      // Node looks up even an address; answered at once, it binds at once.
      lookup: (host, _options, done) => done(null, host, isIpv6 ? 6 : 4),
    });
    let failure: unknown;
    // Later errors, such as an ICMP message to one datagram, concern no other datagram.
    socket.on("error", (error) => failure ??= error);
    socket.bind(port, hostname);
    if (failure !== undefined) {
      socket.close();
      throw translate(failure);
    }
    const bound = socket.address();
    this.addr = { transport: "udp", hostname: bound.address, port: bound.port };
    socket.on("message", (data, { address, port }) => {
      const octets = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
      this.#arrived.put([octets, { transport: "udp", hostname: address, port }]);
    });
  }

  async receive(buffer?: Uint8Array): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    const [data, from] = await this.#arrived.take();
    return [data.subarray(0, buffer?.length ?? data.length), from];
  }

  send(data: Uint8Array, to: Deno.Addr): Promise<number> {
    const { hostname, port } = to as Deno.NetAddr;
    return new Promise((resolve, reject) => {
      this.#socket.send(data, port, hostname, (error, octets) => {
        if (error === null || error === undefined) resolve(octets);
        else reject(translate(error));
      });
    });
  }

  close(): void {
    this.#arrived.close("The socket is closed");
    this.#socket.close();
  }
}

class NodeConnection {
  readonly remoteAddr: Deno.NetAddr;
  readonly #socket: TcpSocket;
  readonly #changed = new Set<() => void>();
  #error: unknown;
  #hasEnded = false;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
    const { remoteAddress: hostname = "", remotePort: port = 0 } = socket;
    this.remoteAddr = { transport: "tcp", hostname, port };
    socket.on("error", (error) => this.#error = error);
    socket.on("end", () => this.#hasEnded = true);
    for (const event of ["readable", "end", "close", "drain"]) {
      socket.on(event, () => this.#changed.forEach((resume) => resume()));
    }
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (true) {
      const waiting = Math.min(this.#socket.readableLength, buffer.length);
      const data: Uint8Array | null = waiting > 0 ? this.#socket.read(waiting) : null;
      if (data !== null) {
        buffer.set(data);
        return data.length;
      }
      // Asked for nothing, it looks whether the peer has ended.
      this.#socket.read(0);
      if (this.#hasEnded) return null;
      if (this.#socket.destroyed) throw translate(this.#error ?? new Error("It is closed"));
      await this.#change();
    }
  }

  async write(data: Uint8Array): Promise<number> {
    if (this.#socket.destroyed) throw translate(this.#error ?? new Error("It is closed"));
    if (!this.#socket.write(data.slice())) await this.#change();
    return data.length;
  }

  setNoDelay(): void {
    this.#socket.setNoDelay();
  }

  closeWrite(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changed.add(resolve);
    await promise;
    this.#changed.delete(resolve);
  }
}

class NodeListener {
  readonly addr: Deno.NetAddr;
  readonly #server: Server;
  readonly #connections = new Queue<NodeConnection>(Infinity);

  constructor(server: Server) {
    this.#server = server;
    const { address, port } = server.address() as {
      readonly address: string;
      readonly port: number;
    };
    this.addr = { transport: "tcp", hostname: address, port };
    server.on("connection", (socket) => this.#connections.put(new NodeConnection(socket)));
    server.on("error", () => {});
  }

  accept(): Promise<NodeConnection> {
    return this.#connections.take();
  }

  close(): void {
    for (const connection of this.#connections.close("The listener is closed")) connection.close();
    this.#server.close();
  }
}

async function listen(
  { hostname = "0.0.0.0", port = 0 }: Partial<Deno.TcpListenOptions>,
): Promise<NodeListener> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error) => reject(translate(error)));
  server.listen({ host: hostname, port }, resolve);
  await promise;
  return new NodeListener(server);
}

/** A signal that keeps the process alive while something waits for it, as in Deno; one of Node never does. */
export function timeoutSignal(ms: number): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new DOMException("Signal timed out.", "TimeoutError");
  const timer = setTimeout(() => controller.abort(reason), ms).unref();
  let waiting = 0;
  const keep = (change: number): void => {
    waiting += change;
    if (waiting > 0) timer.ref();
    else timer.unref();
  };
  const { addEventListener, removeEventListener } = signal;
  type Parameters = [type: string, listener: EventListenerOrEventListenerObject];
  return Object.assign(signal, {
    addEventListener(...parameters: Parameters): void {
      addEventListener.apply(signal, parameters);
      keep(1);
    },
    removeEventListener(...parameters: Parameters): void {
      removeEventListener.apply(signal, parameters);
      keep(-1);
    },
  });
}

/** Node asks for no permissions; it lacks FFI. */
const permissions: Runtime["permissions"] = {
  querySync: ({ name }) => ({ state: name === "ffi" ? "denied" : "granted" }),
};

const systems: Readonly<Record<string, typeof Deno.build.os>> = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
};

export const runtime: Runtime = {
  build: {
    os: systems[process.platform] ?? "linux",
    arch: process.arch === "arm64" ? "aarch64" : "x86_64",
  },
  env: { get: (name) => process.env[name] },
  errors: { AddrInUse, AddrNotAvailable, NotCapable, NotSupported, PermissionDenied },
  listen,
  listenDatagram: ({ hostname = "127.0.0.1", port }) => new NodeDatagrams(hostname, port),
  memoryUsage: () => process.memoryUsage(),
  networkInterfaces: () =>
    Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
      addresses.map(({ address, netmask, family, mac, cidr, scopeid = null }) => ({
        name,
        address,
        netmask,
        family,
        mac,
        cidr: cidr ?? "",
        scopeid,
      }))
    ),
  permissions,
  readFileSync: (path) => new Uint8Array(readFileSync(path)),
  version: { deno: "" },
};
