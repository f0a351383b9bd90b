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

/** Socket and clock constants of `asm-generic`, which x86-64 and arm64 both use. */
export const AF_INET = 2;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const CLOCK_MONOTONIC = 1;
export const EINTR = 4;
export const EAGAIN = 11;
export const ENOBUFS = 105;
export const ECONNREFUSED = 111;

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  clock_getcpuclockid: { parameters: ["i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** libc, opened. */
export interface Libc {
  /** The functions themselves, which return what C returns. */
  readonly call: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** Why the last failed call of this thread failed. Only good right after the call. */
  readonly errno: () => number;
  /** Takes the result of a call that returns -1 on failure and throws what it failed with. */
  readonly check: (name: string, result: number) => number;
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
  const { symbols: call } = Deno.dlopen("libc.so.6", SYMBOLS);
  // The address belongs to the thread, and an isolate stays on its thread. Reading the memory rather than calling
  // __errno_location again keeps the time short in which the runtime could make a system call of its own.
  const location = call.__errno_location();
  if (location === null) throw new Error("Cannot find errno: __errno_location returned null");
  const errnoCell = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));
  const errno = (): number => errnoCell[0] ?? 0;
  const check = (name: string, result: number): number => {
    if (result !== -1) return result;
    const number = errno();
    const text = call.strerror(number);
    const reason = text === null ? "unknown error" : Deno.UnsafePointerView.getCString(text);
    throw new Error(`Cannot ${name}: ${reason} (errno ${number})`);
  };
  return { call, errno, check };
}

/**
 * Writes an IPv4 socket address.
 *
 * @param address the four octets of the address
 * @param port the port
 * @returns a `struct sockaddr_in`
 */
export function sockaddrIn(
  address: readonly [number, number, number, number],
  port: number,
): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(new ArrayBuffer(SOCKADDR_IN.size));
  const view = new DataView(octets.buffer);
  view.setUint16(SOCKADDR_IN.family, AF_INET, true);
  view.setUint16(SOCKADDR_IN.port, port, false);
  octets.set(address, SOCKADDR_IN.address);
  return octets;
}

/** A row of equal buffers that `sendmmsg` and `recvmmsg` work on, laid out once. */
export interface Batch {
  /** The `struct mmsghdr` array to hand to the call. */
  readonly headers: Uint8Array<ArrayBuffer>;
  /** The same array as 32-bit words: word `16 * i + 14` is the length that was moved, `16 * i + 12` the flags. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** The payloads: buffer `i` starts at `i * stride`. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Octets from one payload to the next. */
  readonly stride: number;
  /** What the headers point to. C holds their addresses, so somebody must keep them from being collected. */
  readonly vectors: Uint8Array<ArrayBuffer>;
}

/** Where the length and the flags of a message are in {@linkcode Batch.words}. */
export const WORDS_PER_HEADER = MMSGHDR.size / 4;
export const LENGTH_WORD = MMSGHDR.length / 4;
export const FLAGS_WORD = MSGHDR.flags / 4;

/**
 * Lays out a batch of `count` messages of up to `stride` octets, without addresses: for connected sockets.
 *
 * @param count how many messages
 * @param stride octets for each of them
 * @returns the batch, each message as long as its buffer
 */
export function layOutBatch(count: number, stride: number): Batch {
  // ArrayBuffer first: V8 may keep a small typed array's own memory on its heap, where the collector moves it.
  const headers = new Uint8Array(new ArrayBuffer(count * MMSGHDR.size));
  const vectors = new Uint8Array(new ArrayBuffer(count * IOVEC.size));
  const payload = new Uint8Array(new ArrayBuffer(count * stride));
  const headerView = new DataView(headers.buffer);
  const vectorView = new DataView(vectors.buffer);
  const vectorBase = addressOf(vectors);
  const payloadBase = addressOf(payload);
  for (let i = 0; i < count; i++) {
    const vector = i * IOVEC.size;
    vectorView.setBigUint64(vector + IOVEC.base, payloadBase + BigInt(i * stride), true);
    vectorView.setBigUint64(vector + IOVEC.length, BigInt(stride), true);
    const header = i * MMSGHDR.size + MMSGHDR.header;
    headerView.setBigUint64(header + MSGHDR.iov, vectorBase + BigInt(vector), true);
    headerView.setBigUint64(header + MSGHDR.iovLength, 1n, true);
  }
  return { headers, words: new Uint32Array(headers.buffer), payload, stride, vectors };
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
  if (error !== 0) throw new Error(`Cannot find the CPU clock of process ${pid}: errno ${error}`);
  return clockReader(libc, clock[0] ?? 0);
}
