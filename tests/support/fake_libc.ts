/** System calls without a system: sockets for datagrams whose network is the test. */
import ipaddr from "ipaddr.js";
import {
  CMSGHDR,
  IN6_PKTINFO,
  IN_PKTINFO,
  IOVEC,
  MMSGHDR,
  MSGHDR,
} from "../../src/system/batch.ts";
import {
  AF_INET,
  AF_INET6,
  EAGAIN,
  EINVAL,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  type Libc,
  SO_RCVBUF,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
  SOL_UDP,
  SyscallError,
  TIMESPEC,
  UDP_SEGMENT,
} from "../../src/system/libc.ts";
import { SOCKADDR_IN, SOCKADDR_IN6 } from "../../src/system/socket_address.ts";

/** A datagram on its way to a socket. */
export interface Incoming {
  readonly payload: Uint8Array;
  /** The octets of the sender's address, 4 or 16; none for the wake-up of a socket that was shut down. */
  readonly from?: readonly number[];
  readonly port?: number;
  /** The kernel's timestamp, if it made one. */
  readonly stamp?: { readonly seconds: number; readonly nanoseconds: number };
  /** The addresses that it was sent to: that of the interface, and that in its header. */
  readonly sentTo?: { readonly local: readonly number[]; readonly destination: readonly number[] };
  /** Whether the control message with them comes before that with the timestamp. */
  readonly isSentToFirst?: boolean;
}

/** A datagram that was sent. */
export interface Outgoing {
  readonly payload: Uint8Array;
  /** The octets of the receiver's address. */
  readonly to: readonly number[];
  readonly port: number;
  /** The address that it leaves from, where that is set, and the interface. */
  readonly from?: readonly number[];
  readonly interface?: number;
  /** The octets of each datagram that the kernel cuts it into (`UDP_SEGMENT`). */
  readonly segment?: number;
}

interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** The index of the interface that datagrams come by. */
export const INTERFACE = 7;

/** The first descriptor that is opened; each further one is one more. */
export const FIRST_DESCRIPTOR = 10;

type Result = number | { readonly errno: number };

/**
 * A C library for the mmsg transport. Pointers are numbers that it made up, so that it needs no permission
 * and finds whatever is laid out wrongly.
 */
export class FakeLibc implements Libc {
  /** The datagrams of each call of recvmmsg(2); without more, EAGAIN. */
  readonly batches: (readonly Incoming[] | { readonly errno: number })[] = [];
  /** The number of messages that each call of sendmmsg(2) sends; without more, all. */
  readonly sends: Result[] = [];
  readonly sent: Outgoing[] = [];
  /** The results of other calls by name, one after another; without more, they succeed. */
  readonly results: Record<string, Result[]> = {};
  readonly calls: Call[] = [];
  /** The most octets of a receive queue: `net.core.rmem_max`. */
  maxQueue = 212_992;
  /** The port of sockets that are bound to port 0. */
  port = 4242;
  /** The time of clock_gettime(2). */
  now = { seconds: 0, nanoseconds: 0 };
  /** Called by each recvmmsg(2) and poll(2). */
  onWait: () => void = () => {};
  /** Called by each sendmmsg(2). */
  onSend: () => void = () => {};
  readonly #memory: { readonly at: bigint; readonly octets: Uint8Array }[] = [];
  readonly #pointer = { of: Deno.UnsafePointer.of, value: Deno.UnsafePointer.value };
  readonly #queues: number[] = [];
  #errno = 0;

  constructor() {
    let free = 0x1000n;
    const of = (octets: Uint8Array): { at: bigint } => {
      const block = { at: free, octets };
      this.#memory.push(block);
      free += BigInt(octets.byteLength + 0x1000);
      return block;
    };
    Object.assign(Deno.UnsafePointer, { of, value: ({ at }: { at: bigint }) => at });
  }

  [Symbol.dispose](): void {
    Object.assign(Deno.UnsafePointer, this.#pointer);
  }

  readonly errno = (): number => this.#errno;
  readonly describe = (errno: number): string => `error ${errno}`;
  readonly check = (name: string, result: number): number => {
    if (result !== -1) return result;
    throw new SyscallError(name, this.describe(this.#errno), this.#errno);
  };

  readonly call = new Proxy({}, {
    get: (_, name: string) => (...args: unknown[]) => {
      this.calls.push({ name, args });
      if (name === "recvmmsg") return this.#receive(args[1] as Uint8Array, args[2] as number);
      if (name === "sendmmsg") return this.#send(args[1] as Uint8Array, args[2] as number);
      if (name === "clock_gettime") return this.#readClock(args[1] as Uint8Array);
      if (name === "poll") this.onWait();
      const result = this.results[name]?.shift();
      return result === undefined ? this.#succeed(name, args) : this.#take(result);
    },
  }) as unknown as Libc["call"];

  /** The result of a call on a machine that has all addresses. */
  #succeed(name: string, args: readonly unknown[]): number {
    if (name === "socket") {
      this.#queues.push(0);
      return FIRST_DESCRIPTOR + this.#queues.length - 1;
    }
    const [descriptor, level, option, value] = args as [number, number, number, Uint8Array];
    const i = descriptor - FIRST_DESCRIPTOR;
    const isQueue = level === SOL_SOCKET && option === SO_RCVBUF;
    if (name === "setsockopt" && isQueue) {
      this.#queues[i] = Math.min(viewOf(value).getInt32(0, true), this.maxQueue);
    } else if (name === "getsockopt") {
      if (!isQueue) return this.#take({ errno: EINVAL });
      viewOf(value).setInt32(0, 2 * (this.#queues[i] ?? 0), true);
    } else if (name === "getsockname") {
      viewOf(args[1] as Uint8Array).setUint16(SOCKADDR_IN.port, this.port, false);
    } else if (name === "inet_pton") {
      const [, text, address] = args as [number, Uint8Array, Uint8Array];
      return writeAddress(new TextDecoder().decode(text.subarray(0, -1)), address);
    }
    return 0;
  }

  /** The arguments of each call of a function. */
  argsOf(name: string): (readonly unknown[])[] {
    return this.calls.filter((each) => each.name === name).map(({ args }) => args);
  }

  #take(result: Result): number {
    if (typeof result === "number") return result;
    this.#errno = result.errno;
    return -1;
  }

  #readClock(timespec: Uint8Array): number {
    const view = viewOf(timespec);
    view.setBigInt64(TIMESPEC.seconds, BigInt(this.now.seconds), true);
    view.setBigInt64(TIMESPEC.nanoseconds, BigInt(this.now.nanoseconds), true);
    return 0;
  }

  /** The octets at an address, which must be some that were laid out. */
  #at(address: bigint, length: number): Uint8Array {
    // A connected socket needs no address.
    if (address === 0n && length === 0) return new Uint8Array();
    for (const { at, octets } of this.#memory) {
      const offset = Number(address - at);
      if (offset >= 0 && offset + length <= octets.length) {
        return octets.subarray(offset, offset + length);
      }
    }
    throw new Error(`No ${length} octets are at ${address}`);
  }

  #message(headers: Uint8Array, i: number): Message {
    const view = viewOf(headers.subarray(i * MMSGHDR.size, (i + 1) * MMSGHDR.size));
    const pointer = (offset: number): bigint => view.getBigUint64(offset, true);
    const vector = viewOf(
      this.#at(pointer(MSGHDR.iov), Number(pointer(MSGHDR.iovLength)) * IOVEC.size),
    );
    const length = Number(vector.getBigUint64(IOVEC.length, true));
    const controlLength = Number(pointer(MSGHDR.controlLength));
    return {
      view,
      payload: this.#at(vector.getBigUint64(IOVEC.base, true), length),
      name: this.#at(pointer(MSGHDR.name), view.getUint32(MSGHDR.nameLength, true)),
      control: controlLength === 0
        ? new Uint8Array()
        : this.#at(pointer(MSGHDR.control), controlLength),
    };
  }

  #receive(headers: Uint8Array, room: number): number {
    this.onWait();
    const batch = this.batches.shift() ?? (room === 0 ? [] : { errno: EAGAIN });
    if ("errno" in batch) return this.#take(batch);
    if (batch.length > room) throw new Error(`${batch.length} messages for ${room} places`);
    batch.forEach((incoming, i) => deliver(incoming, this.#message(headers, i)));
    return batch.length;
  }

  #send(headers: Uint8Array, count: number): number {
    this.onSend();
    const taken = this.#take(this.sends.shift() ?? count);
    for (let i = 0; i < taken; i++) this.sent.push(read(this.#message(headers, i)));
    return taken;
  }
}

interface Message {
  readonly view: DataView;
  readonly payload: Uint8Array;
  readonly name: Uint8Array;
  readonly control: Uint8Array;
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** Writes a datagram as the kernel does: whatever there is no room for is left out. */
function deliver(incoming: Incoming, message: Message): void {
  const { payload, from, port = 0, stamp, sentTo, isSentToFirst = false } = incoming;
  const { view, name, control } = message;
  const length = Math.min(payload.length, message.payload.length);
  message.payload.set(payload.subarray(0, length));
  view.setUint32(MMSGHDR.length, length, true);
  const address = from === undefined ? new Uint8Array() : nameOf(from, port);
  name.set(address.subarray(0, name.length));
  view.setUint32(MSGHDR.nameLength, address.length, true);
  let used = 0;
  const put = (level: number, type: number, data: Uint8Array): void => {
    const next = used + CMSGHDR.size + (data.length + 7 & ~7);
    if (next > control.length) return;
    const header = viewOf(control.subarray(used));
    header.setBigUint64(CMSGHDR.length, BigInt(CMSGHDR.size + data.length), true);
    header.setInt32(CMSGHDR.level, level, true);
    header.setInt32(CMSGHDR.type, type, true);
    control.set(data, used + CMSGHDR.size);
    used = next;
  };
  const putStamp = (): void => {
    if (stamp === undefined) return;
    const timespec = new Uint8Array(TIMESPEC.size);
    viewOf(timespec).setBigInt64(TIMESPEC.seconds, BigInt(stamp.seconds), true);
    viewOf(timespec).setBigInt64(TIMESPEC.nanoseconds, BigInt(stamp.nanoseconds), true);
    put(SOL_SOCKET, SO_TIMESTAMPNS, timespec);
  };
  if (!isSentToFirst) putStamp();
  if (sentTo?.destination.length === 4) {
    const info = new Uint8Array(IN_PKTINFO.size);
    info[IN_PKTINFO.interface] = INTERFACE;
    info.set(sentTo.local, IN_PKTINFO.local);
    info.set(sentTo.destination, IN_PKTINFO.destination);
    put(IPPROTO_IP, IP_PKTINFO, info);
  } else if (sentTo !== undefined) {
    const info = new Uint8Array(IN6_PKTINFO.size);
    info.set(sentTo.destination, IN6_PKTINFO.destination);
    info[IN6_PKTINFO.interface] = INTERFACE;
    put(IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  if (isSentToFirst) putStamp();
  view.setBigUint64(MSGHDR.controlLength, BigInt(used), true);
}

/** Writes an address as inet_pton(3): 1 if there is one. */
function writeAddress(text: string, address: Uint8Array): number {
  if (!ipaddr.isValid(text)) return 0;
  address.set(ipaddr.parse(text).toByteArray());
  return 1;
}

function nameOf(address: readonly number[], port: number): Uint8Array {
  const isIpv6 = address.length === 16;
  const layout = isIpv6 ? SOCKADDR_IN6 : SOCKADDR_IN;
  const name = new Uint8Array(layout.size);
  viewOf(name).setUint16(layout.family, isIpv6 ? AF_INET6 : AF_INET, true);
  viewOf(name).setUint16(layout.port, port, false);
  name.set(address, layout.address);
  return name;
}

/** Reads a datagram that is sent, as the kernel does. */
function read({ payload, name, control }: Message): Outgoing {
  if (name.length === 0) return readConnected(payload, control);
  const isIpv6 = viewOf(name).getUint16(SOCKADDR_IN.family, true) === AF_INET6;
  const layout = isIpv6 ? SOCKADDR_IN6 : SOCKADDR_IN;
  if (name.length !== layout.size) throw new Error(`An address of ${name.length} octets`);
  const sent = {
    payload: payload.slice(),
    to: [...name.subarray(layout.address, layout.address + (isIpv6 ? 16 : 4))],
    port: viewOf(name).getUint16(layout.port, false),
  };
  if (control.length === 0) return sent;
  const info = isIpv6 ? IN6_PKTINFO : IN_PKTINFO;
  const expected = isIpv6 ? [IPPROTO_IPV6, IPV6_PKTINFO] : [IPPROTO_IP, IP_PKTINFO];
  const data = dataOf(control, expected, info.size);
  const from = isIpv6 ? IN6_PKTINFO.destination : IN_PKTINFO.local;
  return {
    ...sent,
    from: [...data.subarray(from, from + (isIpv6 ? 16 : 4))],
    interface: viewOf(data).getInt32(info.interface, true),
  };
}

/** Reads a message of a connected socket, which the kernel may cut into datagrams. */
function readConnected(octets: Uint8Array, control: Uint8Array): Outgoing {
  const sent = { payload: octets.slice(), to: [], port: 0 };
  if (control.length === 0) return sent;
  const data = dataOf(control, [SOL_UDP, UDP_SEGMENT], 2);
  return { ...sent, segment: viewOf(data).getUint16(0, true) };
}

/** The data of the one control message, whose level and type must be these. */
function dataOf(control: Uint8Array, expected: readonly number[], size: number): Uint8Array {
  const header = viewOf(control);
  const [level, type] = [CMSGHDR.level, CMSGHDR.type].map((at) => header.getInt32(at, true));
  const length = Number(header.getBigUint64(CMSGHDR.length, true));
  const isWhole = length === CMSGHDR.size + size && control.length === (length + 7 & ~7);
  if (level !== expected[0] || type !== expected[1] || !isWhole) {
    throw new Error(`A control message of level ${level}, type ${type}, ${length} octets`);
  }
  return control.subarray(CMSGHDR.size);
}
