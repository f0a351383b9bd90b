/** The URL of a listener, with its own clock and faults. */
import { statusFields } from "../clock/sources/options.ts";
import { clockFields, type ClockOptions } from "../clock/sources/timeline/options.ts";
import { type Endpoint, formatAddress, parseEndpoint } from "../protocols/endpoint.ts";
import { findOption, parseOption } from "../options/read.ts";
import { addressFamily, canonicalAddress, isUnicast, isWildcard } from "../system/address.ts";
import { suggest } from "../text/suggest.ts";
import type { FaultsOptions } from "./faults/options.ts";
import { faultNames } from "./faults/rules.ts";
import { addFault, addNamedFault } from "./faults/text.ts";
import { quote } from "../text/json.ts";

export interface ListenerSpec {
  readonly endpoint: Endpoint;
  /** A clock for this listener alone; by default the server's. */
  readonly clock?: ClockOptions | undefined;
  /** Its faults; by default the server's. */
  readonly faults?: FaultsOptions | undefined;
  /** Its random seed; by default the server's. */
  readonly seed?: number | undefined;
}

/** Values of `leap` that only announce a leap second. */
const ANNOUNCED = statusFields.leap.choices ?? [];

/**
 * Parses a listener's URL, such as `ntp://127.0.0.1:1123?offset=+1h&drop=0.3`.
 *
 * @throws {SyntaxError} If it cannot be read, or has a parameter that is unknown or given twice
 * @throws {RangeError} If the seed, or a number of a fault, is out of range
 */
export function parseListener(url: string): ListenerSpec {
  const fail = (problem: string): never => {
    throw new SyntaxError(`Cannot read ${quote(url)}: ${problem}`);
  };
  const query = url.indexOf("?");
  const endpoint = parseEndpoint(query < 0 ? url : url.slice(0, query), "auto");
  const { hostname } = endpoint;
  if (addressFamily(hostname) !== undefined && !isUnicast(hostname)) {
    fail(`${hostname} is a multicast or broadcast address, which no server can reply from`);
  }
  let spec: ListenerSpec = { endpoint };
  if (query < 0) return spec;
  const seen = new Set<string>();
  for (const parameter of url.slice(query + 1).split("&").filter((each) => each !== "")) {
    const [name = "", text = ""] = parameter.split(/=(.*)/s).map(decode);
    if (seen.has(name) && !isRepeatable(name)) fail(`${quote(name)} is given twice`);
    seen.add(name);
    spec = withUrl(url, () => withParameter(spec, name, text)) ??
      fail(`unknown parameter ${quote(name)}, ${suggestion(name)}`);
  }
  // The noise of its clock has the same seed.
  const { clock, seed } = spec;
  return clock !== undefined && seed !== undefined ? { ...spec, clock: { ...clock, seed } } : spec;
}

/**
 * Parses the listeners of a server.
 *
 * @throws {SyntaxError} If there is none, or one cannot be read
 * @throws {RangeError} If the seed, or a number of a fault, is out of range; or if two have an address in common
 */
export function parseListeners(urls: readonly string[]): ListenerSpec[] {
  if (!Array.isArray(urls) || urls.length === 0) {
    throw new SyntaxError(`A server needs one or more URLs to listen on, not ${quote(urls)}`);
  }
  const listeners = urls.map(parseListener);
  for (const [i, { endpoint }] of listeners.entries()) {
    const other = listeners.slice(0, i).find((each) => overlap(each.endpoint, endpoint));
    if (other === undefined) continue;
    const [first, second] = [other.endpoint, endpoint].map(formatAddress);
    throw new RangeError(
      first === second
        ? `Two listeners cannot share udp ${first}`
        : `Two listeners overlap: udp ${first} and udp ${second}`,
    );
  }
  return listeners;
}

function overlap(a: Endpoint, b: Endpoint): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  const [first, second] = [a, b].map(({ hostname }) => canonicalAddress(hostname)) as [
    string,
    string,
  ];
  return first === second ||
    addressFamily(first) === addressFamily(second) && (isWildcard(first) || isWildcard(second));
}

function withParameter(spec: ListenerSpec, name: string, text: string): ListenerSpec | undefined {
  // For one listener, the fault leapbits announces a leap second.
  if (name === "leap" && ANNOUNCED.includes(text)) return withFault(spec, "leapbits", text);
  const option = findOption(clockFields, name);
  if (option === undefined) return withFault(spec, name, text);
  const { key, field } = option;
  const value = parseOption(field, text);
  if (key === "seed") return { ...spec, seed: value as number };
  const before = spec.clock?.[key as keyof ClockOptions] as readonly unknown[] | undefined;
  const all = field.isRepeatable ? [...before ?? [], ...value as readonly unknown[]] : value;
  return { ...spec, clock: { ...spec.clock, [key]: all } };
}

function withFault(spec: ListenerSpec, name: string, text: string): ListenerSpec | undefined {
  if (name === "fault") return { ...spec, faults: addNamedFault(spec.faults ?? {}, text) };
  if (!(faultNames as readonly string[]).includes(name)) return undefined;
  return { ...spec, faults: addFault(spec.faults ?? {}, name, text) };
}

function isRepeatable(name: string): boolean {
  return findOption(clockFields, name)?.field.isRepeatable ??
    [...faultNames, "fault"].includes(name);
}

function suggestion(name: string): string {
  return suggest(name, [...Object.values(clockFields).map(({ name }) => name), ...faultNames]);
}

/** Adds the URL to the message of an error: there may be several listeners. */
function withUrl<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) {
      error.message = `Cannot read ${quote(url)}: ${error.message}`;
    }
    throw error;
  }
}

/** Decodes percent codes; a plus stays a plus. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
