import { isLinkLocal } from "../system/address.ts";
import { suggest } from "../text/suggest.ts";
import { type Protocol, protocols } from "./registry.ts";
import { quote } from "../text/json.ts";
import { shorten, UNPRINTABLE } from "../text/printable.ts";

/** The default port of each protocol. */
export const defaultPorts = Object.fromEntries(
  Object.entries(protocols).map(([name, { port }]) => [name, port]),
) as Readonly<Record<Protocol, number>>;

/** Where a service listens or is queried: a protocol, a host and a port. */
export interface Endpoint {
  /** The protocol spoken there. */
  readonly protocol: Protocol;
  /** A host name, an IPv4 address or an IPv6 address without brackets. */
  readonly hostname: string;
  /** The UDP port. */
  readonly port: number;
  /** The symmetric key of a target: `ntp://HOST?key=7`. */
  readonly key?: number;
  /** Whether a target is queried by NTS, `ntp+nts://HOST`: the port is then that of the key exchange. */
  readonly nts?: true;
}

const NTS_SCHEME = /^ntp\+nts:\/\//i;

/** The TCP port of NTS key exchange (RFC 8915 §7.2). */
const NTS_PORT = 4460;

/** The port of a target whose URL has none. */
export function defaultPortOf({ protocol, nts }: Pick<Endpoint, "protocol" | "nts">): number {
  return nts ? NTS_PORT : protocols[protocol].port;
}

const shape =
  /^(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/)?(?:\[(?<ipv6>[^[\]]*)\]|(?<host>[^:/?#@[\]\s]*))(?::(?<port>\d+))?\/?$/;

/**
 * Parses the URL of a listener or target: `ntp://host:port`. Port and scheme may
 * be left out; an IPv6 address stands in brackets, or alone without scheme and port.
 *
 * Without a scheme, the ports 13, 37 and 123 name their protocol.
 *
 * @param url The URL
 * @param defaultProtocol The protocol on any other port; without it, NTP, and asctime on port 8888
 * @returns The protocol, host and port it names
 * @throws {SyntaxError} If it is not such a URL
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseEndpoint } from "@timesrv/timesrv/protocols";
 *
 * assertEquals(parseEndpoint("[::1]"), { protocol: "ntp", hostname: "::1", port: 123 });
 * assertEquals(parseEndpoint("time.example:37").protocol, "time");
 * ```
 */
export function parseEndpoint(url: string, defaultProtocol?: Protocol): Endpoint {
  return parse(url, url, defaultProtocol);
}

/** Parses a URL, or a part of the one `given`, which errors show. */
function parse(url: string, given: string, defaultProtocol?: Protocol): Endpoint {
  const fail = (problem: string): never => {
    throw wrongUrl(given, problem);
  };
  const bareIpv6 = isIpv6(url) ? url : undefined;
  const { scheme, ipv6: bracketed, host, port } = bareIpv6 !== undefined
    ? { ipv6: bareIpv6 }
    : shape.exec(url)?.groups ??
      fail("expected [PROTOCOL://]HOST[:PORT], an IPv6 address in brackets");
  // In a URL, %25 begins a zone (RFC 6874).
  const ipv6 = bareIpv6 ?? bracketed?.replace(/%25(?=.)/, "%");
  const name = scheme?.toLowerCase() ?? protocolAt(Number(port), defaultProtocol);
  if (!Object.hasOwn(protocols, name)) {
    fail(`unknown protocol ${quote(name)}, ${suggest(name, Object.keys(protocols))}`);
  }
  const protocol = name as Protocol;
  if (ipv6 !== undefined && !isIpv6(ipv6)) fail(`${quote(ipv6)} is not an IPv6 address`);
  if (ipv6 !== undefined && isLinkLocal(ipv6) && !ipv6.includes("%")) {
    fail(`a link-local address needs its interface, as in [${ipv6}%eth0]`);
  }
  const hostname = ipv6 ?? host ?? "";
  if (hostname === "") fail("the host is missing");
  // Messages, logs and tables have the URL of an endpoint as it is.
  if (hostname.search(UNPRINTABLE) >= 0) fail("the host has an unprintable character");
  if (/^\d+$/.test(hostname)) {
    fail(
      `${quote(hostname)} is a number, not a host; a port follows a host, as in 127.0.0.1:${
        shorten(hostname, 10)
      }`,
    );
  }
  if (Number(port ?? 0) > 65535) fail(`port ${shorten(port ?? "", 20)} is above 65535`);
  return { protocol, hostname, port: Number(port ?? protocols[protocol].port) };
}

/**
 * Parses the URL of a target as {@linkcode parseEndpoint} does; that of an NTP server may name a key, `?key=7`, or be
 * `ntp+nts://host`.
 *
 * @throws {SyntaxError} If it is not such a URL, or its port is 0
 */
export function parseTarget(url: string, defaultProtocol?: Protocol): Endpoint {
  if (NTS_SCHEME.test(url)) return parseNtsTarget(url);
  const [target = "", query] = url.split(/\?(.*)/s);
  const endpoint = parse(target, url, defaultProtocol);
  if (endpoint.port === 0) throw wrongUrl(url, "port 0 is for listeners, which then choose one");
  if (query === undefined) return endpoint;
  const key = /^key=(\d{1,10})$/.exec(query)?.[1];
  if (key === undefined) throw wrongUrl(url, "the only parameter of a target is a key: ?key=7");
  if (endpoint.protocol !== "ntp") throw wrongUrl(url, "a key is for ntp:// alone");
  const id = Number(key);
  if (id < 1 || id > MAX_KEY_ID) throw wrongUrl(url, `the id of a key is 1 to ${MAX_KEY_ID}`);
  return { ...endpoint, key: id };
}

function parseNtsTarget(url: string): Endpoint {
  const plain = url.replace(NTS_SCHEME, "ntp://");
  if (plain.includes("?")) throw wrongUrl(url, "ntp+nts:// has no parameters");
  const { protocol, hostname, port } = parse(plain, url);
  if (port === 0) throw wrongUrl(url, "port 0 is for listeners, which then choose one");
  const hasPort = /:\d+\/?$/.test(plain);
  return { protocol, hostname, port: hasPort ? port : NTS_PORT, nts: true };
}

const MAX_KEY_ID = 2 ** 32 - 1;

/** The protocol of a URL without a scheme. */
function protocolAt(port: number, otherwise?: Protocol): Protocol {
  const named = (["daytime", "time", "ntp"] as const).find((name) => protocols[name].port === port);
  return named ?? otherwise ?? (port === protocols.asctime.port ? "asctime" : "ntp");
}

function wrongUrl(url: string, problem: string): SyntaxError {
  return new SyntaxError(`Cannot read ${quote(url)}: ${problem}`);
}

function isIpv6(text: string): boolean {
  // A zone, as in fe80::1%eth0, is not part of a URL's host; nor is anything behind a bracket.
  const [, address = ""] = /^([\da-f:.]+)(?:%[^%[\]/\s]+)?$/i.exec(text) ?? [];
  return address.includes(":") && URL.canParse(`http://[${address}]`);
}

/**
 * Formats an endpoint as the URL that {@linkcode parseEndpoint} parses.
 *
 * @param endpoint A protocol, host and port
 * @returns The URL, its port always given, and the key of a target
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatEndpoint } from "@timesrv/timesrv/protocols";
 *
 * const endpoint = { protocol: "asctime", hostname: "::1", port: 8888 } as const;
 * assertEquals(formatEndpoint(endpoint), "asctime://[::1]:8888");
 * ```
 */
export function formatEndpoint(endpoint: Endpoint): string {
  const { protocol, key, nts } = endpoint;
  return `${protocol}${nts ? "+nts" : ""}://${formatAddress(endpoint)}${
    key === undefined ? "" : `?key=${key}`
  }`;
}

export function formatAddress(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
