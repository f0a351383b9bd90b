/**
 * The kernel's time of arrival of what a socket of Deno received last. A program reads its clock only when it is
 * woken, which takes milliseconds on a busy machine and would count as network delay.
 *
 * @module
 */
import { addressFamily } from "../system/address.ts";
import {
  AF_INET,
  AF_INET6,
  SOCK_DGRAM,
  SOL_SOCKET,
  TIMESPEC,
  unsupportedSystem,
  zeroed,
} from "../system/libc.ts";
import { SOCKADDR_IN, SOCKADDR_IN6 } from "../system/socket_address.ts";
import { parseIpWords } from "../text/ip_words.ts";

/** `<asm-generic/sockios.h>`, in socket(7): the first call turns timestamps on. */
const SIOCGSTAMPNS = 0x8907n;

/** `<asm-generic/socket.h>`, in socket(7). */
const SO_TYPE = 3;

/** Descriptors are numbered from 0, the lowest free one first; one above this is not looked for. */
const MAX_DESCRIPTOR = 1023;

/** Reads when the last received datagram arrived, in nanoseconds since the Unix epoch; undefined if unknown. */
export type ReadReceiveStamp = () => bigint | undefined;

/** Each symbol costs time before the first exchange: the whole of `openLibc()` takes three times as long. */
const SYMBOLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/** Turns timestamps on for a UDP socket; undefined where there are none. Call the result only while it is open. */
export function openReceiveStamps({ hostname, port }: Deno.NetAddr): ReadReceiveStamp | undefined {
  if (unsupportedSystem() !== undefined) return undefined;
  library ??= Deno.dlopen("libc.so.6", SYMBOLS);
  const descriptor = findSocket(library.symbols, hostname, port);
  if (descriptor === undefined) return undefined;
  const { ioctl } = library.symbols;
  const time = zeroed(TIMESPEC.size);
  const view = new DataView(time.buffer);
  ioctl(descriptor, SIOCGSTAMPNS, time);
  return () => {
    if (ioctl(descriptor, SIOCGSTAMPNS, time) !== 0) return undefined;
    return view.getBigInt64(TIMESPEC.seconds, true) * 1_000_000_000n +
      view.getBigInt64(TIMESPEC.nanoseconds, true);
  };
}

/** Finds a UDP socket of this process by its local address, as Deno does not reveal descriptors. */
function findSocket(
  { getsockname, getsockopt }: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"],
  hostname: string,
  port: number,
): number | undefined {
  const isIpv6 = addressFamily(hostname) === 6;
  const [family, layout] = isIpv6 ? [AF_INET6, SOCKADDR_IN6] : [AF_INET, SOCKADDR_IN];
  const words = new Uint32Array(4);
  if (!parseIpWords(hostname, words)) return undefined;
  const address = [...(isIpv6 ? words : words.subarray(3))];
  const name = zeroed(SOCKADDR_IN6.size);
  const view = new DataView(name.buffer);
  const [value, length] = [new Uint32Array(1), new Uint32Array(1)];
  for (let descriptor = 0; descriptor <= MAX_DESCRIPTOR; descriptor++) {
    length[0] = name.length;
    if (getsockname(descriptor, name, length) !== 0) continue;
    if (view.getUint16(layout.family, true) !== family) continue;
    if (view.getUint16(layout.port, false) !== port) continue;
    if (address.some((word, i) => view.getUint32(layout.address + 4 * i, false) !== word)) continue;
    length[0] = value.byteLength;
    getsockopt(descriptor, SOL_SOCKET, SO_TYPE, value, length);
    if (value[0] === SOCK_DGRAM) return descriptor;
  }
  return undefined;
}
