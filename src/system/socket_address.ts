/** Socket addresses: their memory layouts, and conversion to and from text. */
import { addressFamily } from "./address.ts";
import { AF_INET, AF_INET6, AF_UNIX, cString, type Libc, zeroed } from "./libc.ts";

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

/** The maximum length of an address or an interface name, with its zero octet. */
const MAX_TEXT_LENGTH = 64;

/**
 * Encodes an address and a port as `struct sockaddr_in` or `sockaddr_in6`; undefined if it is not an
 * address, or its zone is not one of this machine.
 */
export function toSocketAddress(
  libc: Libc,
  hostname: string,
  port: number,
): Uint8Array<ArrayBuffer> | undefined {
  const [bare = "", zone] = hostname.split("%");
  const isIpv6 = addressFamily(bare) === 6;
  const layout = isIpv6 ? SOCKADDR_IN6 : SOCKADDR_IN;
  const octets = zeroed(layout.size);
  const view = new DataView(octets.buffer);
  const family = isIpv6 ? AF_INET6 : AF_INET;
  view.setUint16(layout.family, family, true);
  view.setUint16(layout.port, port, false);
  if (libc.call.inet_pton(family, cString(bare), octets.subarray(layout.address)) !== 1) {
    return undefined;
  }
  if (zone !== undefined) {
    const scope = /^\d+$/.test(zone) ? Number(zone) : libc.call.if_nametoindex(cString(zone));
    if (!isIpv6 || scope === 0 || scope >= 2 ** 32) return undefined;
    view.setUint32(SOCKADDR_IN6.scope, scope, true);
  }
  return octets;
}

/**
 * Encodes a path, or `@name` for the abstract namespace, as the used part of a `struct sockaddr_un`;
 * undefined if it is neither, or too long.
 */
export function toUnixAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  const path = cString(text);
  if (!/^[/@]./.test(text) || SOCKADDR_UN.path + path.length > SOCKADDR_UN.size) return undefined;
  const isAbstract = text.startsWith("@");
  if (isAbstract) path[0] = 0;
  // A trailing zero octet would be part of a name.
  const octets = zeroed(SOCKADDR_UN.path + path.length - (isAbstract ? 1 : 0));
  new DataView(octets.buffer).setUint16(SOCKADDR_UN.family, AF_UNIX, true);
  octets.set(path.subarray(0, octets.length - SOCKADDR_UN.path), SOCKADDR_UN.path);
  return octets;
}

/** Decodes the address in a socket address, an IPv6 link-local one with its zone. */
export function hostnameOf(libc: Libc, address: Uint8Array<ArrayBuffer>): string {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  const family = view.getUint16(SOCKADDR_IN.family, true);
  const { address: at } = family === AF_INET6 ? SOCKADDR_IN6 : SOCKADDR_IN;
  const text = zeroed(MAX_TEXT_LENGTH);
  if (libc.call.inet_ntop(family, address.subarray(at), text, MAX_TEXT_LENGTH) === null) return "?";
  const hostname = decodeCString(text);
  const scope = family === AF_INET6 ? view.getUint32(SOCKADDR_IN6.scope, true) : 0;
  if (scope === 0) return hostname;
  const name = libc.call.if_indextoname(scope, text) === null ? scope : decodeCString(text);
  return `${hostname}%${name}`;
}

function decodeCString(text: Uint8Array): string {
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}
