/**
 * The kernel's time of arrival of what a socket of Deno received last. A program reads its clock only when it is
 * woken, which takes milliseconds on a busy machine and would count as network delay.
 *
 * @module
 */
import { addressFamily } from "../system/address.ts";
import { AF_INET, AF_INET6, TIMESPEC, unsupportedSystem, zeroed } from "../system/libc.ts";
import { SOCKADDR_IN, SOCKADDR_IN6 } from "../system/socket_address.ts";

/** `<asm-generic/sockios.h>`, in socket(7): the first call turns timestamps on. */
const SIOCGSTAMPNS = 0x8907n;

/** Descriptors are numbered from 0, the lowest free one first; one above this is not looked for. */
const MAX_DESCRIPTOR = 1023;

/** Reads when the last received datagram arrived, in nanoseconds since the Unix epoch; undefined if unknown. */
export type ReadReceiveStamp = () => bigint | undefined;

/** Each symbol costs time before the first exchange: the whole of `openLibc()` takes three times as long. */
const SYMBOLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/**
 * Turns timestamps on for a UDP socket whose port no other has; undefined where there are none. Call the result only
 * while the socket is open.
 */
export function openReceiveStamps({ hostname, port }: Deno.NetAddr): ReadReceiveStamp | undefined {
  if (unsupportedSystem() !== undefined) return undefined;
  library ??= Deno.dlopen("libc.so.6", SYMBOLS);
  const { getsockname, ioctl } = library.symbols;
  const family = addressFamily(hostname) === 6 ? AF_INET6 : AF_INET;
  const name = zeroed(SOCKADDR_IN6.size);
  const nameView = new DataView(name.buffer);
  const length = new Uint32Array(1);
  const time = zeroed(TIMESPEC.size);
  const timeView = new DataView(time.buffer);
  // Deno does not tell the descriptor of a socket.
  for (let descriptor = 0; descriptor <= MAX_DESCRIPTOR; descriptor++) {
    length[0] = name.length;
    if (getsockname(descriptor, name, length) !== 0) continue;
    if (nameView.getUint16(SOCKADDR_IN.family, true) !== family) continue;
    if (nameView.getUint16(SOCKADDR_IN.port, false) !== port) continue;
    ioctl(descriptor, SIOCGSTAMPNS, time);
    return () => {
      if (ioctl(descriptor, SIOCGSTAMPNS, time) !== 0) return undefined;
      return timeView.getBigInt64(TIMESPEC.seconds, true) * 1_000_000_000n +
        timeView.getBigInt64(TIMESPEC.nanoseconds, true);
    };
  }
  return undefined;
}
