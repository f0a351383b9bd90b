import type { Endpoint } from "../protocols/endpoint.ts";
import {
  type AddressFamily,
  addressFamily,
  isLinkLocal,
  isUnanswered,
  isUnicast,
  isWildcard,
  resolveHost,
} from "../system/address.ts";
import { isGranted } from "../system/permission.ts";
import { isIpv4, parseIpWords } from "../text/ip_words.ts";
import { ListenError, type ListenFailure } from "../transports/listen_error.ts";
import { runtime } from "../system/runtime.ts";

export interface Expansion {
  /** IPv6 link-local addresses have their zone. */
  readonly hostnames: readonly string[];
  readonly warning?: string;
}

/**
 * Expands a wildcard address into the addresses of this machine: `0.0.0.0` is every IPv4 address, `::`
 * every IPv6 address. A reply must leave from the address that was queried, which Deno's sockets ensure
 * only if they are bound to it.
 */
export function expandWildcard(hostname: string): Expansion {
  if (!isWildcard(hostname)) return { hostnames: [hostname] };
  const interfaces = readInterfaces();
  if (interfaces === undefined) {
    return {
      hostnames: [hostname],
      warning:
        `${hostname} is one socket for all addresses, so a reply may leave from an address ` +
        "that the client did not query, and be ignored; --allow-sys=networkInterfaces fixes that",
    };
  }
  const family = addressFamily(hostname);
  const hostnames = interfaces
    .filter(({ address }) => addressFamily(address) === family)
    .map((each) => isLinkLocal(each.address) ? `${each.address}%${zoneOf(each)}` : each.address);
  return { hostnames: [...new Set(hostnames)] };
}

/** The zone of an interface, which Windows numbers. */
function zoneOf({ name, scopeid }: Deno.NetworkInterfaceInfo): string | number {
  return runtime.build.os === "windows" ? scopeid ?? name : name;
}

/** Reads the interfaces of this machine; undefined without the permission. */
function readInterfaces(): Deno.NetworkInterfaceInfo[] | undefined {
  const isReadable = isGranted({ name: "sys", kind: "networkInterfaces" });
  return isReadable ? runtime.networkInterfaces() : undefined;
}

/** Whether it is the broadcast address of a network of this machine (RFC 919 §7), as far as is known. */
function isBroadcastHere(address: string): boolean {
  const ipv4 = toIpv4(address);
  // The last two bits of every broadcast address are set; others need no look at the interfaces.
  if (ipv4 === undefined || (ipv4 & 3) !== 3) return false;
  let interfaces: readonly Deno.NetworkInterfaceInfo[] = [];
  try {
    interfaces = readInterfaces() ?? [];
  } catch {
    // Without a file descriptor left, the socket fails next, with an error that names the address.
  }
  return interfaces.some(({ family, cidr }) => {
    const [own = "", length] = cidr.split("/");
    const hostBits = 32 - Number(length);
    // Networks of two addresses or one have none (RFC 3021).
    return family === "IPv4" && hostBits > 1 &&
      ((toIpv4(own) ?? 0) | 2 ** hostBits - 1) >>> 0 === ipv4;
  });
}

/** An IPv4 address as a number; another address is none of this machine's networks. */
function toIpv4(address: string): number | undefined {
  const words = new Uint32Array(4);
  return parseIpWords(address, words) && isIpv4(words) ? words[3] : undefined;
}

/**
 * Resolves the host of a listener.
 *
 * @param family The required IP version, if any
 * @throws {ListenError} If the host is unknown or not looked up, or is a multicast or broadcast address
 * @throws {Deno.errors.NotCapable} If the permission to resolve it was not granted
 */
export async function resolveListener(
  endpoint: Endpoint,
  family: AddressFamily | undefined,
): Promise<string[]> {
  const hostnames = await resolveHost(endpoint.hostname, family).catch((cause) => {
    if (cause instanceof runtime.errors.NotCapable) throw cause;
    throw new ListenError(isUnanswered(cause) ? "failed" : "unknown_host", endpoint, { cause });
  });
  for (const hostname of hostnames) {
    if (isUnicast(hostname) && !isBroadcastHere(hostname)) continue;
    throw new ListenError("not_unicast", { ...endpoint, hostname });
  }
  return hostnames;
}

/**
 * Handles an address that could not be bound.
 *
 * @returns The cause, if the listener can do without the address: it is one of several of a name or a wildcard, or
 *   this machine lacks its IP version
 * @throws {unknown} Otherwise: a configured address is missing, or a wildcard's port is in use on one of them
 */
export function skipAddress(error: unknown, endpoint: Endpoint): ListenError {
  if (!(error instanceof ListenError)) throw error;
  const { reason } = error;
  const isOneOfMany = addressFamily(endpoint.hostname) === undefined ||
    isWildcard(endpoint.hostname) && reason !== "in_use";
  if (reason === "unsupported_family" || isOneOfMany) return error;
  throw asRequested(error, endpoint);
}

/** Names a wildcard as it was requested, not the address of it that failed. */
function asRequested(error: ListenError, endpoint: Endpoint): ListenError {
  if (!isWildcard(endpoint.hostname)) return error;
  return new ListenError(error.reason, endpoint, { cause: error.cause });
}

/**
 * Lists the addresses that a listener does without, once the others are bound.
 *
 * @param skipped Why some of them were not bound
 * @throws {ListenError} If none of a wildcard was, though this machine has some; it names the wildcard
 */
export function listMissing(
  endpoint: Endpoint,
  hostnames: readonly string[],
  skipped: readonly ListenError[],
): readonly ListenError[] {
  if (hostnames.length === 0) return [new ListenError("unsupported_family", endpoint)];
  if (skipped.length < hostnames.length || !isWildcard(endpoint.hostname)) return skipped;
  const absent: readonly ListenFailure[] = ["unsupported_family", "not_of_this_machine"];
  const error = skipped.find(({ reason }) => !absent.includes(reason));
  if (error === undefined) return skipped;
  throw asRequested(error, endpoint);
}
