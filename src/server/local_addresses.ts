import type { Endpoint } from "../protocols/endpoint.ts";
import { addressFamily, canonicalAddress, isWildcard, resolveHost } from "../system/address.ts";
import { ListenError } from "../transports/listen_error.ts";

/** The sockets that stand for one listener, and what should be said about them. */
export interface Expansion {
  /** The addresses to bind; IPv6 link-local ones with their zone. */
  readonly hostnames: readonly string[];
  /** What is lost, where the addresses of this machine may not be read. */
  readonly warning?: string;
}

/**
 * A wildcard address as the addresses of this machine that it stands for. A
 * reply has to leave from the address that was asked, and with Deno's sockets
 * only one bound to that very address makes sure of it. Others stand for themselves.
 *
 * `0.0.0.0` is every IPv4 address, `::` every IPv6 address.
 */
export function expandWildcard(hostname: string): Expansion {
  if (!isWildcard(hostname)) return { hostnames: [hostname] };
  // Asked, never prompted for: without it the server still runs.
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  if (state !== "granted") {
    return {
      hostnames: [hostname],
      warning: `${hostname} is one socket for all addresses, so a reply may leave from another ` +
        "address than the one asked, which clients ignore; --allow-sys=networkInterfaces mends it",
    };
  }
  const family = addressFamily(hostname);
  const hostnames = Deno.networkInterfaces()
    .filter(({ address }) => addressFamily(address) === family)
    .map(({ address, name }) => isLinkLocal(address) ? `${address}%${name}` : address);
  return { hostnames: [...new Set(hostnames)] };
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/.test(canonicalAddress(address));
}

/**
 * Resolves the host of a listener.
 *
 * @returns Its first address
 * @throws {ListenError} If the host is unknown
 * @throws {Deno.errors.NotCapable} If the permission to resolve it was not granted
 */
export async function resolveListener(endpoint: Endpoint): Promise<string> {
  try {
    const [hostname = endpoint.hostname] = await resolveHost(endpoint.hostname);
    return hostname;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ListenError("unknown-host", endpoint, { cause });
  }
}
