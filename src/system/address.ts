import { requireNet } from "./permission.ts";

/** An IP version. */
export type AddressFamily = 4 | 6;

/** An IP address with a port. */
export interface NetAddress {
  /** The protocol of the port. */
  readonly transport: "tcp" | "udp";
  /** The address, of IPv6 without brackets. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** Determines the IP version of an address; undefined for a name. */
export function addressFamily(hostname: string): AddressFamily | undefined {
  if (hostname.includes(":")) return 6;
  // URL.canParse() accepts "127.1" as an address, as getaddrinfo(3) does.
  return /^\d[\d.]*$/.test(hostname) && URL.canParse(`http://${hostname}`) ? 4 : undefined;
}

export function isWildcard(address: string): boolean {
  const canonical = canonicalAddress(address);
  return canonical === "0.0.0.0" || canonical === "::";
}

export function isLoopback(address: string): boolean {
  const canonical = canonicalAddress(address);
  // A name can begin like an address: 127.0.0.1.example.
  return canonical === "::1" || addressFamily(canonical) === 4 && canonical.startsWith("127.");
}

/** Whether it is a link-local IPv6 address, which belongs to one interface (RFC 4291 §2.5.6). */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(canonicalAddress(address));
}

/** Whether it is neither multicast nor broadcast (RFC 1112 §4, RFC 4291 §2.7). */
export function isUnicast(address: string): boolean {
  const canonical = canonicalAddress(address);
  return !/^(ff[0-9a-f]{2}:|2(2[4-9]|3\d)\.|255\.255\.255\.255$)/.test(canonical);
}

/**
 * Normalizes an address for comparison: compressed lower-case IPv6, no zone, and IPv4 instead of
 * IPv4-mapped IPv6 (`::ffff:192.0.2.1`).
 */
export function canonicalAddress(address: string): string {
  const [bare = ""] = address.split("%");
  if (!bare.includes(":")) return URL.parse(`http://${bare}`)?.hostname ?? bare;
  const ipv6 = URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1) ?? bare;
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(ipv6);
  if (!mapped) return ipv6;
  const high = parseInt(mapped[1] ?? "", 16);
  const low = parseInt(mapped[2] ?? "", 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/**
 * Resolves a host: IPv6 addresses before IPv4, otherwise in the resolver's order; an address resolves to
 * itself.
 *
 * @throws {Error} If the name is unknown, has no address of that family, or no name server answers
 * @throws {Deno.errors.NotCapable} If the permission to look it up is missing
 */
export async function resolveHost(hostname: string, family?: AddressFamily): Promise<string[]> {
  if (addressFamily(hostname) !== undefined) {
    const canonical = canonicalAddress(hostname);
    const literal = addressFamily(canonical);
    if ((family ?? literal) !== literal) {
      throw new Error(`${hostname} is not an IPv${family} address`);
    }
    if (literal === 4) return [canonical];
    // The C library knows the zones of these addresses only, and others are the same in every zone.
    const hasZone = isLinkLocal(hostname) || !isUnicast(hostname);
    return [hasZone ? hostname : hostname.replace(/%.*/s, "")];
  }
  // Deno.resolveDns queries name servers only; users also expect /etc/hosts.
  const { lookup } = await import("node:dns/promises");
  try {
    const found = await lookup(hostname, { all: true, family: family ?? 0 });
    found.sort((a, b) => b.family - a.family);
    return found.map(({ address }) => address);
  } catch (cause) {
    // lookup() hides a missing permission.
    requireNet(hostname);
    const kind = family === undefined ? "" : ` (no IPv${family} address)`;
    const error = new Error(`Unknown host ${hostname}${kind}`, { cause });
    if (isUnanswered(error)) error.message = `No name server answered for ${hostname}`;
    throw error;
  }
}

/** Whether {@linkcode resolveHost} has failed because no name server answered: the name may exist. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error &&
    (error.cause as { readonly code?: string } | undefined)?.code === "EAI_AGAIN";
}

/**
 * Tries the addresses of a host in turn, until one succeeds or a failure is final.
 *
 * @returns The value of the first one that does not fail
 * @throws The last failure
 */
export async function firstOf<T>(
  addresses: readonly string[],
  attempt: (address: string) => T | Promise<T>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await attempt(address);
    } catch (error) {
      failure = error;
      if (isFinal(error)) break;
    }
  }
  throw failure;
}
