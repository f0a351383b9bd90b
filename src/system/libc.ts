/**
 * The C library by FFI: its functions, constants and errors. This module and the layouts in `batch.ts` and
 * `socket_address.ts` are the only ones that depend on the ABI.
 *
 * @module
 */
import { isGranted } from "./permission.ts";
import { runtime } from "./runtime.ts";

/** Offsets in octets of `struct pollfd`: `<sys/poll.h>`, in poll(2). */
export const POLLFD = { size: 8, descriptor: 0, events: 4, result: 6 } as const;

/** Offsets in octets of `struct timeval` with 64-bit seconds: in timeval(3type). */
export const TIMEVAL = { size: 16, seconds: 0, microseconds: 8 } as const;

/** Offsets in octets of `struct timespec` with 64-bit seconds: `<bits/types/struct_timespec.h>`, in timespec(3type). */
export const TIMESPEC = { size: 16, seconds: 0, nanoseconds: 8 } as const;

/** Offsets in octets of `struct sigaction`: `<bits/sigaction.h>`, in sigaction(2). */
export const SIGACTION = { size: 152, handler: 0 } as const;

/**
 * Constants of Linux, equal on x86-64 and arm64: `<asm-generic/socket.h>`, `<bits/socket.h>`,
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
/** Both an option and the type of a control message. */
export const SO_TIMESTAMPNS = 35;
export const SOL_UDP = 17;
/** Both an option and the type of a control message, whose data is a `u16`: octets of each datagram. */
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
/** Unlike {@linkcode CLOCK_MONOTONIC}, it is never slewed. */
export const CLOCK_MONOTONIC_RAW = 4;
/** Unlike {@linkcode CLOCK_MONOTONIC}, it counts suspends. */
export const CLOCK_BOOTTIME = 7;
export const SIGHUP = 1;
export const SIG_IGN = 1;
export const EPERM = 1;
export const EINTR = 4;
export const EBADF = 9;
export const EAGAIN = 11;
export const EACCES = 13;
export const EFAULT = 14;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const ENOTSOCK = 88;
export const EAFNOSUPPORT = 97;
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
  sched_yield: { parameters: [], result: "i32", nonblocking: true },
  sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  gethostname: { parameters: ["buffer", "usize"], result: "i32" },
  clock_getcpuclockid: { parameters: ["i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type LibcFunction = keyof typeof SYMBOLS;

const names = Object.keys(SYMBOLS) as LibcFunction[];

/**
 * The functions of the loops, which call what Deno compiled. It compiles 0.1 ms for each, so the others are bound
 * at their first call: no thread needs all of them.
 */
const AT_ONCE: readonly LibcFunction[] = [
  "__errno_location",
  "recvmmsg",
  "sendmmsg",
  "poll",
  "clock_gettime",
];

export interface Libc extends Disposable {
  /** The C functions, with their C results. */
  readonly call: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** The errno of this thread; valid only right after a failed call. */
  readonly errno: () => number;
  readonly describe: (errno: number) => string;
  /** Passes a result through, or throws a {@linkcode SyscallError} if it is -1. */
  readonly check: (name: string, result: number) => number;
}

export class SyscallError extends Error {
  override readonly name = "SyscallError";
  readonly errno: number;

  constructor(action: string, reason: string, errno: number) {
    super(`Cannot ${action}: ${reason} (errno ${errno})`);
    this.errno = errno;
  }
}

/** Returns the name of this system if it has other layouts and constants; undefined if they fit. */
export function unsupportedSystem(): string | undefined {
  const { os, arch } = runtime.build;
  const known = os === "linux" && (arch === "x86_64" || arch === "aarch64");
  return known ? undefined : `${os} on ${arch}`;
}

/**
 * Opens libc.
 *
 * @throws {Deno.errors.NotSupported} If this is not Linux on x86-64 or arm64
 * @throws {Deno.errors.NotCapable} If the permission `ffi` is missing
 */
export function openLibc(): Libc {
  const system = unsupportedSystem();
  if (system !== undefined) {
    throw new runtime.errors.NotSupported(
      `Cannot call libc: this is ${system}, expected linux on x86_64 or aarch64`,
    );
  }
  const libraries = new DisposableStack();
  function bind(...names: readonly LibcFunction[]): Partial<Libc["call"]> {
    const wanted = Object.fromEntries(names.map((name) => [name, SYMBOLS[name]]));
    const library = Deno.dlopen("libc.so.6", wanted as typeof SYMBOLS);
    libraries.defer(() => library.close());
    return library.symbols;
  }
  function bindLater(name: LibcFunction): (...args: unknown[]) => unknown {
    let bound: ((...args: unknown[]) => unknown) | undefined;
    return (...args) =>
      (bound ??= bind(name)[name] as unknown as ReturnType<typeof bindLater>)(...args);
  }
  const later = names.filter((name) => !AT_ONCE.includes(name));
  const call = {
    ...Object.fromEntries(later.map((name) => [name, bindLater(name)])),
    ...bind(...AT_ONCE),
  } as Libc["call"];
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
  return { call, errno, describe, check, [Symbol.dispose]: () => libraries.dispose() };
}

/** Whether this process ignores a signal, as nohup(1) starts programs; false where that is unknown. */
export function ignoresSignal(signal: number): boolean {
  if (!isGranted({ name: "ffi" })) return false;
  try {
    using libc = openLibc();
    const action = zeroed(SIGACTION.size);
    libc.check("read a signal's action", libc.call.sigaction(signal, null, action));
    return new DataView(action.buffer).getBigUint64(SIGACTION.handler, true) === BigInt(SIG_IGN);
  } catch {
    return false;
  }
}

/** The longest name of a host on Linux, and its zero octet: HOST_NAME_MAX in `<bits/local_lim.h>`. */
const HOSTNAME_SIZE = 65;

/** The name of this machine, without the permission `sys`; undefined where it is unknown. */
export function machineName(): string | undefined {
  if (!isGranted({ name: "ffi" })) return undefined;
  try {
    using libc = openLibc();
    const name = zeroed(HOSTNAME_SIZE);
    libc.check("read this machine's name", libc.call.gethostname(name, BigInt(name.length)));
    return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  } catch {
    return undefined;
  }
}

/** Encodes a C string: UTF-8 and a zero octet. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Encodes whole milliseconds as a `struct timeval`. */
export function timeval(milliseconds: number): Uint8Array<ArrayBuffer> {
  const octets = zeroed(TIMEVAL.size);
  const view = new DataView(octets.buffer);
  view.setBigInt64(TIMEVAL.seconds, BigInt(Math.floor(milliseconds / 1000)), true);
  view.setBigInt64(TIMEVAL.microseconds, BigInt(milliseconds % 1000 * 1000), true);
  return octets;
}

/** Allocates memory whose address C may keep: V8 may move the contents of a small typed array. */
export function zeroed(octets: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(octets));
}

/** Opens a clock that is read without allocating, in nanoseconds, exact below 2^53 (104 days). */
export function openClock(libc: Libc, clock: number): () => number {
  const time = zeroed(TIMESPEC.size);
  const words = new Uint32Array(time.buffer);
  libc.check("read the clock", libc.call.clock_gettime(clock, time));
  return () => {
    libc.call.clock_gettime(clock, time);
    return (words[TIMESPEC.seconds / 4] ?? 0) * 1e9 + (words[TIMESPEC.nanoseconds / 4] ?? 0);
  };
}

/**
 * Opens the CPU time clock of a process, in nanoseconds, which counts all its threads, ended ones included.
 *
 * @throws {Error} If there is no such process
 */
export function openCpuClock(libc: Libc, pid: number): () => number {
  const clock = new Int32Array(zeroed(4).buffer);
  const error = libc.call.clock_getcpuclockid(pid, clock);
  if (error !== 0) {
    throw new Error(`Cannot read the CPU time of process ${pid}: ${libc.describe(error)}`);
  }
  return openClock(libc, clock[0] ?? 0);
}
