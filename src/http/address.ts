/** The addresses, names and tokens of a program that speaks HTTP, as its options give them. */
import { formatAddress } from "../protocols/endpoint.ts";
import { addressFamily, isLoopback, resolveHost } from "../system/address.ts";
import { quote } from "../text/json.ts";
import { type Field, list, text } from "../options/field.ts";

const DEFAULT_CONTROL_PORT = 8890;

const DEFAULT_HTTP_PORT = 8880;

const DEFAULT_EXPORT_PORT = 8891;

export interface HttpAddress {
  readonly hostname: string;
  readonly port: number;
}

const shape = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?$/;

/**
 * Parses the address of a control interface: `127.0.0.1:8890`, `[::1]:0`, `localhost`.
 *
 * @throws {SyntaxError} If it cannot be read
 */
export function parseControl(text: string): HttpAddress {
  return parseAddress(text, "control", DEFAULT_CONTROL_PORT);
}

/**
 * Parses the address of the HTTP interface as {@linkcode parseControl} does.
 *
 * @throws {SyntaxError} If it cannot be read
 */
export function parseHttp(text: string): HttpAddress {
  return parseAddress(text, "HTTP", DEFAULT_HTTP_PORT);
}

/**
 * Parses the address of an exporter of metrics as {@linkcode parseControl} does.
 *
 * @throws {SyntaxError} If it cannot be read
 */
export function parseExport(text: string): HttpAddress {
  return parseAddress(text, "HTTP", DEFAULT_EXPORT_PORT);
}

function parseAddress(text: string, what: string, defaultPort: number): HttpAddress {
  const { ipv6, host, port } = shape.exec(text)?.groups ?? {};
  const hostname = ipv6 ?? host;
  const isPort = Number(port ?? 0) <= 65_535;
  const isHost = hostname !== undefined && !/^\d+$/.test(hostname) &&
    URL.canParse(`http://${ipv6 === undefined ? hostname : `[${ipv6}]`}`);
  if (!isHost || !isPort) {
    throw new SyntaxError(
      `Cannot read the ${what} address ${quote(text)}: expected HOST[:PORT] ` +
        `such as 127.0.0.1:${defaultPort}`,
    );
  }
  return { hostname, port: port === undefined ? defaultPort : Number(port) };
}

/**
 * Checks a bearer token (RFC 6750 §2.1).
 *
 * @throws {SyntaxError} If it is too short to be safe, or has other characters
 */
export function checkToken(token: string): string {
  // The message must not contain it: it could get into a log.
  if (/^[A-Za-z0-9._~+/-]{16,256}=*$/.test(token)) return token;
  throw new SyntaxError(
    "Cannot use the control token: expected 16 to 256 letters, digits and -._~+/",
  );
}

/** Whether other machines can reach an address; false for a name that is not resolved yet. */
export function needsToken(hostname: string): boolean {
  return addressFamily(hostname) !== undefined && !isLoopback(hostname);
}

/**
 * Finds the addresses to listen on, the one to try first in front.
 *
 * @throws {RangeError} If other machines could reach it without a token
 */
export async function resolveControl(
  { hostname, port }: HttpAddress,
  token: string | undefined,
  resolve: (hostname: string) => Promise<string[]> = resolveHost,
): Promise<string[]> {
  const addresses = await resolve(hostname);
  if (token === undefined && addresses.some(needsToken)) {
    throw new RangeError(
      `Cannot open the control interface on ${formatAddress({ hostname, port })} ` +
        "without a token: other machines may reach it",
    );
  }
  return addresses;
}

const hostName = text("a host name", checkName, {
  name: "http-name",
  syntax: "<names>",
  help: "names of this server for HTTP clients, with commas",
});

/** The names that clients may use, beside addresses and `localhost`. */
export const httpNamesField: Field<readonly string[]> = {
  ...list(hostName),
  parse: (names) => names.split(",").map(hostName.parse),
};

function checkName(name: string): void {
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253})$/.test(name)) throw new SyntaxError("no name");
}
