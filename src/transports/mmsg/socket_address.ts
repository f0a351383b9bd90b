import { addressFamily } from "../address.ts";
import {
  AF_INET,
  AF_INET6,
  cString,
  type Libc,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  zeroed,
} from "./libc.ts";

/** The longest text of an address or of an interface's name, its zero octet included. */
const TEXT_LENGTH = 64;

/**
 * An address and a port as `struct sockaddr_in` or `sockaddr_in6`; undefined if it is no address or
 * its zone is none of this machine.
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
    if (scope === 0) return undefined;
    view.setUint32(SOCKADDR_IN6.scope, scope, true);
  }
  return octets;
}

/** The address in a socket address, as text: an IPv6 link-local one with its zone. */
export function hostnameOf(libc: Libc, address: Uint8Array<ArrayBuffer>): string {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  const family = view.getUint16(SOCKADDR_IN.family, true);
  const { address: at } = family === AF_INET6 ? SOCKADDR_IN6 : SOCKADDR_IN;
  const text = zeroed(TEXT_LENGTH);
  if (libc.call.inet_ntop(family, address.subarray(at), text, TEXT_LENGTH) === null) return "?";
  const hostname = upToZero(text);
  const scope = family === AF_INET6 ? view.getUint32(SOCKADDR_IN6.scope, true) : 0;
  if (scope === 0) return hostname;
  const name = libc.call.if_indextoname(scope, text) === null ? scope : upToZero(text);
  return `${hostname}%${name}`;
}

function upToZero(text: Uint8Array): string {
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}
