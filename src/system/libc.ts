/**
 * The part of libc that moves datagrams in batches, and the memory layouts its calls read and write.
 *
 * @module
 */

/**
 * Offsets in octets of `struct sockaddr_in`: `<netinet/in.h>`, in ip(7).
 *
 * ```
 *  0      2      4          8                16
 *  +------+------+----------+-----------------+
 *  |family| port | address  | zero            |
 *  +------+------+----------+-----------------+
 *   host   network network
 * ```
 */
export const SOCKADDR_IN = { size: 16, family: 0, port: 2, address: 4 } as const;

/**
 * Offsets in octets of `struct sockaddr_in6`: `<netinet/in.h>`, in ipv6(7).
 *
 * ```
 *  0      2      4          8                              24         28
 *  +------+------+----------+------------------------------+----------+
 *  |family| port | flowinfo | address                      | scope id |
 *  +------+------+----------+------------------------------+----------+
 *   host   network network                                  host
 * ```
 */
export const SOCKADDR_IN6 = { size: 28, family: 0, port: 2, address: 8, scope: 24 } as const;

/**
 * Offsets in octets of `struct sockaddr_un`: `<sys/un.h>`, in unix(7). The path is a text with a zero
 * octet after it, or a zero octet and a name.
 */
export const SOCKADDR_UN = { size: 110, family: 0, path: 2 } as const;

/**
 * Offsets in octets of `struct cmsghdr`: `<bits/socket.h>`, in cmsg(3). The data follows it, and the
 * next header begins at a multiple of 8.
 */
export const CMSGHDR = { size: 16, length: 0, level: 8, type: 12 } as const;

/** Offsets in octets of `struct in_pktinfo`: `<bits/in.h>`, in ip(7). */
export const IN_PKTINFO = { size: 12, interface: 0, local: 4, destination: 8 } as const;

/** Offsets in octets of `struct in6_pktinfo`: `<netinet/in.h>`, in ipv6(7). */
export const IN6_PKTINFO = { size: 20, destination: 0, interface: 16 } as const;

/** Offsets in octets of `struct pollfd`: `<sys/poll.h>`, in poll(2). */
export const POLLFD = { size: 8, descriptor: 0, events: 4, result: 6 } as const;

/** Offsets in octets of `struct timeval` with 64-bit seconds: in timeval(3type). */
export const TIMEVAL = { size: 16, seconds: 0, microseconds: 8 } as const;

/** Offsets in octets of `struct iovec`: `<bits/types/struct_iovec.h>`, in iovec(3type). */
export const IOVEC = { size: 16, base: 0, length: 8 } as const;

/**
 * Offsets in octets of `struct msghdr`: `<bits/socket.h>`, in recv(2).
 *
 * ```
 *  0       8        12   16     24        32         40             48     52   56
 *  +-------+--------+----+------+---------+----------+--------------+------+----+
 *  | name  | namelen| -- | iov  | iovlen  | control  | controllen   | flags| -- |
 *  +-------+--------+----+------+---------+----------+--------------+------+----+
 * ```
 *
 * musl declares `iovlen` and `controllen` as 32 bits with 32 bits of padding beside them, in the order that makes no
 * difference on a little-endian machine as long as the padding is zero.
 */
export const MSGHDR = {
  size: 56,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
} as const;

/** Offsets in octets of `struct mmsghdr`, a `msghdr` and the length that was moved: `<bits/socket.h>`, in recvmmsg(2). */
export const MMSGHDR = { size: 64, header: 0, length: 56 } as const;

/** Offsets in octets of `struct timespec` with 64-bit seconds: `<bits/types/struct_timespec.h>`, in timespec(3type). */
export const TIMESPEC = { size: 16, seconds: 0, nanoseconds: 8 } as const;

/**
 * Constants of Linux, the same on x86-64 and arm64: `<asm-generic/socket.h>`, `<bits/socket.h>`,
 * `<linux/in.h>`, `<linux/in6.h>`, `<linux/udp.h>`, `<asm-generic/errno.h>`, `<bits/time.h>`, `<bits/poll.h>`.
 */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
/** As an option and as the type of a control message alike. */
export const SO_TIMESTAMPNS = 35;
export const SOL_UDP = 17;
/** As an option and as the type of a control message, whose data is a `u16`: octets of each datagram. */
export const UDP_SEGMENT = 103;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITFORONE = 0x10000;
export const SHUT_RD = 0;
export const POLLIN = 1;
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const EPERM = 1;
export const EINTR = 4;
export const EBADF = 9;
export const EAGAIN = 11;
export const EACCES = 13;
export const EFAULT = 14;
export const EINVAL = 22;
export const ENOTSOCK = 88;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENOBUFS = 105;
export const ECONNREFUSED = 111;

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  inet_ntop: { parameters: ["i32", "buffer", "buffer", "u32"], result: "pointer" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  if_indextoname: { parameters: ["u32", "buffer"], result: "pointer" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  clock_getcpuclockid: { parameters: ["i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** libc, opened. */
export interface Libc extends Disposable {
  /** The functions themselves, which return what C returns. */
  readonly call: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** Why the last failed call of this thread failed. Only good right after the call. */
  readonly errno: () => number;
  /** What an errno means, in words. */
  readonly describe: (errno: number) => string;
  /** Takes the result of a call that returns -1 on failure and throws what it failed with. */
  readonly check: (name: string, result: number) => number;
}

/** A system call failed. */
export class SyscallError extends Error {
  override readonly name = "SyscallError";
  /** What errno was. */
  readonly errno: number;

  constructor(action: string, reason: string, errno: number) {
    super(`Cannot ${action}: ${reason} (errno ${errno})`);
    this.errno = errno;
  }
}

/**
 * Whether the layouts of this file hold here.
 *
 * @returns `undefined` where they do, or what this system is instead
 */
export function unsupportedSystem(): string | undefined {
  const { os, arch } = Deno.build;
  const known = os === "linux" && (arch === "x86_64" || arch === "aarch64");
  return known ? undefined : `${os} on ${arch}`;
}

/**
 * Opens libc. Needs the `ffi` permission.
 *
 * @returns the functions and a way to look at their failures
 * @throws {Deno.errors.NotSupported} on anything but Linux on x86-64 or arm64
 */
export function openLibc(): Libc {
  const system = unsupportedSystem();
  if (system !== undefined) {
    throw new Deno.errors.NotSupported(
      `Cannot call libc: this is ${system}, expected linux on x86_64 or aarch64`,
    );
  }
  const library = Deno.dlopen("libc.so.6", SYMBOLS);
  const { symbols: call } = library;
  // The address belongs to the thread, and an isolate stays on its thread. Reading the memory rather than calling
  // __errno_location again keeps the time short in which the runtime could make a system call of its own.
  const location = call.__errno_location();
  if (location === null) throw new Error("Cannot find errno: __errno_location returned null");
  const errnoCell = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));
  const errno = (): number => errnoCell[0] ?? 0;
  const describe = (number: number): string => {
    const text = call.strerror(number);
    return text === null ? "unknown error" : Deno.UnsafePointerView.getCString(text);
  };
  const check = (name: string, result: number): number => {
    if (result !== -1) return result;
    const number = errno();
    throw new SyscallError(name, describe(number), number);
  };
  return { call, errno, describe, check, [Symbol.dispose]: () => library.close() };
}

/** A text as C takes it: UTF-8 and a zero octet. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Writes a duration in whole milliseconds: a `struct timeval`. */
export function timeval(milliseconds: number): Uint8Array<ArrayBuffer> {
  const octets = zeroed(TIMEVAL.size);
  const view = new DataView(octets.buffer);
  view.setBigInt64(TIMEVAL.seconds, BigInt(Math.floor(milliseconds / 1000)), true);
  view.setBigInt64(TIMEVAL.microseconds, BigInt(milliseconds % 1000 * 1000), true);
  return octets;
}

/** A row of equal buffers that `sendmmsg` and `recvmmsg` work on, laid out once. */
export interface Batch {
  /** The `struct mmsghdr` array to hand to the call. */
  readonly headers: Uint8Array<ArrayBuffer>;
  /** The same array as 32-bit words: message `i` begins at word `WORDS_PER_HEADER * i`. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** The payloads: buffer `i` starts at `i * stride`. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Octets from one payload to the next. */
  readonly stride: number;
  /** What the headers point to. C holds their addresses, so somebody must keep them from being collected. */
  readonly vectors: Uint8Array<ArrayBuffer>;
  /** The peers' addresses, {@linkcode NAME_STRIDE} octets each; empty for connected sockets. */
  readonly names: Uint8Array<ArrayBuffer>;
  /** The control messages, {@linkcode CONTROL_STRIDE} octets each; empty unless asked for. */
  readonly control: Uint8Array<ArrayBuffer>;
}

/** Where the parts of a message are in {@linkcode Batch.words}; on a little-endian machine, all that is known here. */
export const WORDS_PER_HEADER = MMSGHDR.size / 4;
export const NAME_LENGTH_WORD = MSGHDR.nameLength / 4;
export const CONTROL_LENGTH_WORD = MSGHDR.controlLength / 4;
export const LENGTH_WORD = MMSGHDR.length / 4;

/** Octets from one peer's address to the next. */
export const NAME_STRIDE = 32;

/** Octets from one message's control messages to the next: a time stamp and a packet-info, and room to spare. */
export const CONTROL_STRIDE = 128;

/** What a batch has besides its payloads. */
export interface BatchOptions {
  /** The peers' addresses, for sockets that are not connected; two batches may share them. */
  readonly names?: Uint8Array<ArrayBuffer>;
  /**
   * Whether there are control messages.
   *
   * @default {false}
   */
  readonly control?: boolean;
}

/**
 * Lays out a batch of `count` messages of up to `stride` octets.
 *
 * @param count how many messages
 * @param stride octets for each of them
 * @param options what there is besides the payloads
 * @returns the batch, each message as long as its buffer
 */
export function layOutBatch(count: number, stride: number, options: BatchOptions = {}): Batch {
  const { names = zeroed(0), control: hasControl = false } = options;
  const headers = zeroed(count * MMSGHDR.size);
  const vectors = zeroed(count * IOVEC.size);
  const payload = zeroed(count * stride);
  const control = zeroed(hasControl ? count * CONTROL_STRIDE : 0);
  const headerView = new DataView(headers.buffer);
  const vectorView = new DataView(vectors.buffer);
  const vectorBase = addressOf(vectors);
  const payloadBase = addressOf(payload);
  const nameBase = names.length > 0 ? addressOf(names) : undefined;
  const controlBase = hasControl ? addressOf(control) : undefined;
  for (let i = 0; i < count; i++) {
    const vector = i * IOVEC.size;
    vectorView.setBigUint64(vector + IOVEC.base, payloadBase + BigInt(i * stride), true);
    vectorView.setBigUint64(vector + IOVEC.length, BigInt(stride), true);
    const header = i * MMSGHDR.size + MMSGHDR.header;
    headerView.setBigUint64(header + MSGHDR.iov, vectorBase + BigInt(vector), true);
    headerView.setBigUint64(header + MSGHDR.iovLength, 1n, true);
    if (nameBase !== undefined) {
      headerView.setBigUint64(header + MSGHDR.name, nameBase + BigInt(i * NAME_STRIDE), true);
      headerView.setUint32(header + MSGHDR.nameLength, NAME_STRIDE, true);
    }
    if (controlBase !== undefined) {
      const at = controlBase + BigInt(i * CONTROL_STRIDE);
      headerView.setBigUint64(header + MSGHDR.control, at, true);
      headerView.setBigUint64(header + MSGHDR.controlLength, BigInt(CONTROL_STRIDE), true);
    }
  }
  const words = new Uint32Array(headers.buffer);
  return { headers, words, payload, stride, vectors, names, control };
}

/** Memory that C may be given the address of: V8 may move what a small typed array holds by itself. */
export function zeroed(octets: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(octets));
}

function addressOf(octets: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(octets));
}

/**
 * A clock read without garbage.
 *
 * @param libc where to find `clock_gettime`
 * @param clock which clock, such as {@linkcode CLOCK_MONOTONIC}
 * @returns a function that reads the clock in nanoseconds, exact while below 2^53 (104 days)
 */
export function clockReader(libc: Libc, clock: number): () => number {
  const time = new Uint8Array(new ArrayBuffer(TIMESPEC.size));
  const words = new Uint32Array(time.buffer);
  libc.check("read the clock", libc.call.clock_gettime(clock, time));
  return () => {
    libc.call.clock_gettime(clock, time);
    return (words[TIMESPEC.seconds / 4] ?? 0) * 1e9 + (words[TIMESPEC.nanoseconds / 4] ?? 0);
  };
}

/**
 * A reader of the CPU time of another process, all of its threads, also those that have ended.
 *
 * @param libc where to find the clocks
 * @param pid which process
 * @returns a function that reads the CPU time in nanoseconds
 * @throws {Error} when there is no such process
 */
export function cpuTimeReader(libc: Libc, pid: number): () => number {
  const clock = new Int32Array(new ArrayBuffer(4));
  const error = libc.call.clock_getcpuclockid(pid, clock);
  if (error !== 0) {
    throw new Error(`Cannot take the CPU time of process ${pid}: ${libc.describe(error)}`);
  }
  return clockReader(libc, clock[0] ?? 0);
}
