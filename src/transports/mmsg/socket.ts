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
  EPERM,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  type Libc,
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
    if (count > 1) setFlag(libc, first, SOL_SOCKET, SO_REUSEPORT);
    while (descriptors.length < count) {
      const further = openSocket(libc, hostname, receiveQueueOctets);
      descriptors.push(further);
      setFlag(libc, further, SOL_SOCKET, SO_REUSEPORT);
      bind(libc, further, hostname, bound);
    }
    return { port: bound, descriptors, receiveQueueOctets: receiveQueue(libc, first) };
  } catch (cause) {
    closeSockets(libc, descriptors);
    if (cause instanceof ListenError) throw cause;
    throw new ListenError(failureOf(cause), { hostname, port }, { cause });
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
    setFlag(libc, descriptor, SOL_SOCKET, SO_TIMESTAMPNS);
    if (isIpv6) setFlag(libc, descriptor, IPPROTO_IPV6, IPV6_V6ONLY);
    if (isWildcard(hostname)) {
      if (isIpv6) setFlag(libc, descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO);
      else setFlag(libc, descriptor, IPPROTO_IP, IP_PKTINFO);
    }
    set(libc, descriptor, SOL_SOCKET, SO_RCVBUF, number(receiveQueueOctets));
    set(libc, descriptor, SOL_SOCKET, SO_RCVTIMEO, timeval(WAIT_MS));
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

function setFlag(libc: Libc, descriptor: number, level: number, option: number): void {
  set(libc, descriptor, level, option, number(1));
}

function set(
  libc: Libc,
  descriptor: number,
  level: number,
  option: number,
  value: Uint8Array<ArrayBuffer>,
): void {
  const result = libc.call.setsockopt(descriptor, level, option, value, value.length);
  libc.check(`set option ${option} of level ${level}`, result);
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
