/** UDP sockets opened by system calls, so that several threads can share a port. */
import { addressFamily, isWildcard } from "../../system/address.ts";
import { ListenError, type ListenFailure } from "../listen_error.ts";
import { requireNet } from "../../system/permission.ts";
import {
  AF_INET,
  AF_INET6,
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EMFILE,
  ENFILE,
  EPERM,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  type Libc,
  MSG_DONTWAIT,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEPORT,
  SO_TIMESTAMPNS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
  SyscallError,
  timeval,
  zeroed,
} from "../../system/libc.ts";
import { MMSGHDR } from "../../system/batch.ts";
import { SOCKADDR_IN, SOCKADDR_IN6, toSocketAddress } from "../../system/socket_address.ts";

/** The sockets of one listener, one per thread. */
export interface Sockets {
  readonly port: number;
  readonly descriptors: readonly number[];
  /** The receive queue that the kernel granted each of them, in octets: at most `net.core.rmem_max`. */
  readonly receiveQueueOctets: number;
}

export interface OpenSocketsOptions {
  /** An address; IPv6 link-local ones with their zone. */
  readonly hostname: string;
  /** The UDP port; 0 for any free one. */
  readonly port: number;
  readonly count: number;
  readonly receiveQueueOctets: number;
}

/** Of a socket that is opened for a look at the kernel. */
const MIN_QUEUE_OCTETS = 4096;

/** How long a thread waits in the kernel before it checks whether it must stop. */
export const WAIT_MS = 200;

/**
 * Binds the sockets of one listener. Throws a {@linkcode ListenError} if the address cannot be bound, `NotCapable`
 * without the permission; no socket is left open then.
 */
export function openSockets(libc: Libc, options: OpenSocketsOptions): Sockets {
  const { hostname, port, count, receiveQueueOctets } = options;
  requireNet(hostname, port);
  const descriptors: number[] = [];
  try {
    const first = openSocket(libc, hostname, receiveQueueOctets);
    descriptors.push(first);
    // Without SO_REUSEPORT the first one fails if another process has the port, even a shared one;
    // set afterwards, it lets the others join.
    bind(libc, first, hostname, port);
    const bound = boundPort(libc, first);
    if (count > 1) setFlag(libc, first, "SO_REUSEPORT");
    while (descriptors.length < count) {
      const further = openSocket(libc, hostname, receiveQueueOctets);
      descriptors.push(further);
      setFlag(libc, further, "SO_REUSEPORT");
      bind(libc, further, hostname, bound);
    }
    return { port: bound, descriptors, receiveQueueOctets: receiveQueue(libc, first) };
  } catch (cause) {
    closeSockets(libc, descriptors);
    if (cause instanceof ListenError) throw cause;
    throw new ListenError(failureOf(cause), { hostname, port }, { cause });
  }
}

/**
 * Finds out whether the kernel has what the sockets need: emulators of Linux lack some of it. An address that
 * cannot be bound is no matter of the kernel.
 *
 * @returns What it lacks
 */
export function findMissingCall(libc: Libc): string | undefined {
  try {
    // IPv6 alone is missing on many machines, and needs nothing that such emulators lack.
    const descriptor = openSocket(libc, "0.0.0.0", MIN_QUEUE_OCTETS);
    try {
      const none = zeroed(MMSGHDR.size);
      libc.check("call recvmmsg", libc.call.recvmmsg(descriptor, none, 0, MSG_DONTWAIT, null));
      libc.check("call sendmmsg", libc.call.sendmmsg(descriptor, none, 0, MSG_DONTWAIT));
    } finally {
      libc.call.close(descriptor);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    // Without IPv4 there may be IPv6, and without descriptors no other transport works either.
    if ([EAFNOSUPPORT, EMFILE, ENFILE].includes(error.errno)) return undefined;
    return `this system ${error.message.replace("Cannot", "cannot")}`;
  }
}

/** Call it once no thread uses them any longer. */
export function closeSockets(libc: Libc, descriptors: readonly number[]): void {
  for (const descriptor of descriptors) libc.call.close(descriptor);
}

function openSocket(libc: Libc, hostname: string, receiveQueueOctets: number): number {
  const isIpv6 = addressFamily(hostname) === 6;
  const family = isIpv6 ? AF_INET6 : AF_INET;
  const opened = libc.call.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const descriptor = libc.check("open a socket", opened);
  try {
    setFlag(libc, descriptor, "SO_TIMESTAMPNS");
    if (isIpv6) setFlag(libc, descriptor, "IPV6_V6ONLY");
    if (isWildcard(hostname)) {
      if (isIpv6) setFlag(libc, descriptor, "IPV6_RECVPKTINFO");
      else setFlag(libc, descriptor, "IP_PKTINFO");
    }
    set(libc, descriptor, "SO_RCVBUF", number(receiveQueueOctets));
    set(libc, descriptor, "SO_RCVTIMEO", timeval(WAIT_MS));
  } catch (error) {
    libc.call.close(descriptor);
    throw error;
  }
  return descriptor;
}

function bind(libc: Libc, descriptor: number, hostname: string, port: number): void {
  const address = toSocketAddress(libc, hostname, port);
  if (address === undefined) throw new ListenError("not_of_this_machine", { hostname, port });
  libc.check("bind", libc.call.bind(descriptor, address, address.length));
}

function boundPort(libc: Libc, descriptor: number): number {
  const address = zeroed(SOCKADDR_IN6.size);
  libc.check("learn the port", libc.call.getsockname(descriptor, address, number(address.length)));
  return new DataView(address.buffer).getUint16(SOCKADDR_IN.port, false);
}

function receiveQueue(libc: Libc, descriptor: number): number {
  const octets = zeroed(4);
  const result = libc.call.getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, octets, number(4));
  libc.check("learn the receive queue", result);
  // The kernel reports twice the size, for its own bookkeeping: socket(7).
  return new DataView(octets.buffer).getInt32(0, true) / 2;
}

/** The options of sockets that are set here, each with its level. */
const OPTIONS = {
  SO_TIMESTAMPNS: [SOL_SOCKET, SO_TIMESTAMPNS],
  SO_REUSEPORT: [SOL_SOCKET, SO_REUSEPORT],
  SO_RCVBUF: [SOL_SOCKET, SO_RCVBUF],
  SO_RCVTIMEO: [SOL_SOCKET, SO_RCVTIMEO],
  IP_PKTINFO: [IPPROTO_IP, IP_PKTINFO],
  IPV6_V6ONLY: [IPPROTO_IPV6, IPV6_V6ONLY],
  IPV6_RECVPKTINFO: [IPPROTO_IPV6, IPV6_RECVPKTINFO],
} as const;

function setFlag(libc: Libc, descriptor: number, name: keyof typeof OPTIONS): void {
  set(libc, descriptor, name, number(1));
}

function set(
  libc: Libc,
  descriptor: number,
  name: keyof typeof OPTIONS,
  value: Uint8Array<ArrayBuffer>,
): void {
  const [level, option] = OPTIONS[name];
  const result = libc.call.setsockopt(descriptor, level, option, value, value.length);
  libc.check(`set the socket option ${name}`, result);
}

function number(value: number): Uint8Array<ArrayBuffer> {
  const octets = zeroed(4);
  new DataView(octets.buffer).setInt32(0, value, true);
  return octets;
}

const failures: Readonly<Record<number, ListenFailure>> = {
  [EADDRINUSE]: "in_use",
  [EACCES]: "not_permitted",
  [EPERM]: "not_permitted",
  [EADDRNOTAVAIL]: "not_of_this_machine",
  [EAFNOSUPPORT]: "unsupported_family",
};

function failureOf(error: unknown): ListenFailure {
  return error instanceof SyscallError ? failures[error.errno] ?? "failed" : "failed";
}
