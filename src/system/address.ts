/** An IP version to keep to. */
export type AddressFamily = 4 | 6;

/** Whether a text is an IP address rather than a name, and of which version. */
export function addressFamily(hostname: string): AddressFamily | undefined {
  if (hostname.includes(":")) return 6;
  // A URL's parser reads "127.1" as an address, as getaddrinfo(3) does.
  return /^\d[\d.]*$/.test(hostname) && URL.canParse(`http://${hostname}`) ? 4 : undefined;
}

/** Whether an address stands for all addresses of this machine. */
export function isWildcard(address: string): boolean {
  const canonical = canonicalAddress(address);
  return canonical === "0.0.0.0" || canonical === "::";
}

/** Whether traffic to an address never leaves this machine. */
export function isLoopback(address: string): boolean {
  const canonical = canonicalAddress(address);
  // A name may begin like an address, as 127.0.0.1.example does.
  return canonical === "::1" || addressFamily(canonical) === 4 && canonical.startsWith("127.");
}

/** Whether an address stands for one machine, not for several or for all (RFC 1112 §4, RFC 4291 §2.7). */
export function isUnicast(address: string): boolean {
  const canonical = canonicalAddress(address);
  return !/^(ff[0-9a-f]{2}:|2(2[4-9]|3\d)\.|255\.255\.255\.255$)/.test(canonical);
}

/**
 * One spelling for each address, so that two can be compared: compressed
 * lower-case IPv6, no zone, and IPv4 where IPv6 only carries it
 * (`::ffff:192.0.2.1`).
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
 * The addresses of a host, IPv6 before IPv4 and otherwise in the resolver's
 * order; an address is its own only one.
 *
 * @throws {Error} If the name is unknown or has no address of that family
 * @throws {Deno.errors.NotCapable} If the permission to look it up was not granted
 */
export async function resolveHost(
  hostname: string,
  family?: AddressFamily,
): Promise<string[]> {
  if (addressFamily(hostname) !== undefined) {
    const canonical = canonicalAddress(hostname);
    const literal = addressFamily(canonical);
    if ((family ?? literal) !== literal) {
      throw new Error(`${hostname} is not an IPv${family} address`);
    }
    // Only IPv6 may carry a zone, which its canonical form has lost.
    return [literal === 4 ? canonical : hostname];
  }
  // Deno.resolveDns asks name servers alone; users also expect /etc/hosts.
  const { lookup } = await import("node:dns/promises");
  try {
    const found = await lookup(hostname, { all: true, family: family ?? 0 });
    found.sort((a, b) => b.family - a.family);
    return found.map(({ address }) => address);
  } catch (cause) {
    // `lookup` hides it when it was not permitted to ask.
    const { state } = Deno.permissions.querySync({ name: "net", host: hostname });
    if (state !== "granted") {
      throw new Deno.errors.NotCapable(
        `Requires net access to "${hostname}", run again with the --allow-net flag`,
      );
    }
    const kind = family === undefined ? "" : ` (no IPv${family} address)`;
    throw new Error(`Unknown host ${hostname}${kind}`, { cause });
  }
}
