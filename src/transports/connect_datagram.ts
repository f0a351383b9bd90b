import {
  addressFamily,
  canonicalAddress,
  firstOf,
  isLoopback,
  isWildcard,
  type NetAddress,
  resolveHost,
} from "../system/address.ts";
import { type Fields, passed, UNNAMED, whole } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import { isGranted, requireNet } from "../system/permission.ts";
import { openUdp } from "../system/sockets.ts";
import type { ReadReceiveStamp } from "./receive_stamps.ts";
import { type DatagramSocket, runtime } from "../system/runtime.ts";

/** Options for {@linkcode connectDatagram}. */
export interface ConnectDatagramOptions {
  /** The peer's name or address. */
  readonly hostname: string;
  /** The peer's UDP port. */
  readonly port: number;
  /** The address of this machine to send from; without it the system chooses one. */
  readonly bind?: string | undefined;
  /** Closes the connection when it aborts; pending calls then reject with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const fields: Fields<ConnectDatagramOptions> = {
  hostname: passed(),
  port: whole(1, 65_535, UNNAMED),
  bind: passed(),
  signal: passed(),
};

/** A UDP socket for one peer alone, in the style of `Deno.Conn`. */
export interface DatagramConnection extends Disposable {
  /** The local address, with a port chosen by the system. */
  readonly localAddr: NetAddress;
  /** The peer, its name resolved. */
  readonly remoteAddr: NetAddress;
  /**
   * Sends one datagram to the peer.
   *
   * @param data The octets to send
   * @throws {Error} If the network refuses it or the connection is closed
   */
  send(data: Uint8Array): Promise<void>;
  /**
   * Waits for the next datagram from the peer; datagrams from other senders are dropped unread.
   *
   * @returns A copy of the datagram
   * @throws {Error} If the connection is closed; the signal's reason if that closed it
   */
  receive(): Promise<Uint8Array>;
  /**
   * Reads the kernel's timestamp of the datagram that was received last: on Linux with the permission `ffi`, which is
   * never requested.
   *
   * @returns When it arrived, by this machine's clock; `undefined` where that is unknown
   */
  receivedAt?(): Temporal.Instant | undefined;
  /** Closes the socket; closing again does nothing. */
  close(): void;
}

/** The most octets that a UDP datagram carries over IPv6 without jumbograms; over IPv4 it is less. */
const MAX_DATAGRAM = 65_527;

/**
 * Opens a UDP socket to one peer: a fresh port, which receives only the datagrams of that peer.
 *
 * Deno cannot connect(2) a UDP socket, so the sender's address and port are
 * compared here, and an ICMP "port unreachable" goes unnoticed.
 *
 * @param options The peer
 * @returns The connection, to be closed or disposed of
 * @throws {Error} If the host is unknown, or no socket can be opened to any of its addresses
 * @throws {Deno.errors.NotCapable} If the permission to reach the peer was not granted
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectDatagram, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("asctime://127.0.0.1:0");
 * const { hostname, port } = server.addresses[0]!;
 * using connection = await connectDatagram({ hostname, port });
 * await connection.send(new Uint8Array());
 * assertEquals((await connection.receive()).length, 24);
 * ```
 */
export async function connectDatagram(
  options: ConnectDatagramOptions,
): Promise<DatagramConnection> {
  readOptions(fields, options, "connectDatagram");
  options.signal?.throwIfAborted();
  const addresses = await resolveHost(options.hostname);
  return await firstOf(addresses, (hostname) => connect({ ...options, hostname }));
}

async function connect(
  { hostname: address, port, bind, signal }: ConnectDatagramOptions,
): Promise<DatagramConnection> {
  signal?.throwIfAborted();
  const [loopback, wildcard] = addressFamily(address) === 6
    ? ["::1", "::"]
    : ["127.0.0.1", "0.0.0.0"];
  // A server on all addresses is reached on the loopback one.
  const hostname = isWildcard(address) ? loopback : address;
  // To loopback from loopback: no other machine can reach that socket, and
  // permission for the loopback host is enough.
  const local = bind ?? (isLoopback(hostname) ? loopback : wildcard);
  const socket = listen(local);
  const stamp = isGranted({ name: "ffi" })
    ? (await import("./receive_stamps.ts")).openReceiveStamps(socket.addr as Deno.NetAddr)
    : undefined;
  const connection = new Connection(socket, { transport: "udp", hostname, port }, signal, stamp);
  await sendToItself(socket, bind ?? loopback);
  signal?.throwIfAborted();
  return connection;
}

function listen(hostname: string): DatagramSocket {
  try {
    return openUdp(hostname, 0);
  } catch (cause) {
    if (!(cause instanceof runtime.errors.AddrNotAvailable)) throw cause;
    throw new Error(`${hostname} is not an address of this machine`, { cause });
  }
}

/**
 * The first datagram of a socket waits until the event loop knows that there is room, and that of a process
 * for code that has never run: half a millisecond that would count as network delay. So the first one goes to
 * the socket itself, which drops it as any other sender's.
 */
async function sendToItself(socket: DatagramSocket, hostname: string): Promise<void> {
  const { port } = socket.addr as Deno.NetAddr;
  try {
    requireNet(hostname, port);
    await socket.send(new Uint8Array(), { transport: "udp", hostname, port });
  } catch {
    // Not permitted, no loopback network, or closed meanwhile: the first exchange is then a little slower.
  }
}

class Connection implements DatagramConnection {
  readonly localAddr: NetAddress;
  readonly remoteAddr: NetAddress;
  readonly #socket: DatagramSocket;
  readonly #signal: AbortSignal | undefined;
  readonly #peer: string;
  readonly #buffer = new Uint8Array(MAX_DATAGRAM);
  readonly #readStamp: ReadReceiveStamp | undefined;
  #closed = false;

  constructor(
    socket: DatagramSocket,
    remoteAddr: NetAddress,
    signal: AbortSignal | undefined,
    readStamp: ReadReceiveStamp | undefined,
  ) {
    this.#readStamp = readStamp;
    this.localAddr = socket.addr as Deno.NetAddr;
    this.remoteAddr = remoteAddr;
    this.#socket = socket;
    this.#signal = signal;
    this.#peer = canonicalAddress(remoteAddr.hostname);
    signal?.addEventListener("abort", this.close);
  }

  async send(data: Uint8Array): Promise<void> {
    try {
      await this.#socket.send(data, this.remoteAddr);
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw error;
    }
  }

  async receive(): Promise<Uint8Array> {
    while (true) {
      try {
        const [data, sender] = await this.#socket.receive(this.#buffer);
        if (this.#isPeer(sender as Deno.NetAddr)) return data.slice();
      } catch (error) {
        this.#signal?.throwIfAborted();
        throw error;
      }
    }
  }

  receivedAt(): Temporal.Instant | undefined {
    // The number of a closed descriptor may be that of another socket by now.
    const stamp = this.#closed ? undefined : this.#readStamp?.();
    return stamp === undefined ? undefined : Temporal.Instant.fromEpochNanoseconds(stamp);
  }

  #isPeer({ hostname, port }: Deno.NetAddr): boolean {
    // Mostly both are spelled alike, and the time of a reply is read only after this.
    return port === this.remoteAddr.port &&
      (hostname === this.#peer || canonicalAddress(hostname) === this.#peer);
  }

  readonly close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener("abort", this.close);
    this.#socket.close();
  };

  [Symbol.dispose](): void {
    this.close();
  }
}
