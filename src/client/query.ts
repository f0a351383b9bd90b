import { ASCTIME_REQUEST, parseAsctime } from "../protocols/asctime.ts";
import { DecodeError } from "../protocols/decode_error.ts";
import {
  formatAddress,
  formatEndpoint,
  parseEndpoint,
  type Protocol,
} from "../protocols/endpoint.ts";
import { exchange, type ExchangeOptions } from "./exchange.ts";
import { QueryError } from "./query_error.ts";

/** Options for {@linkcode query}. */
export type QueryOptions = ExchangeOptions;

/** What a time server said, and how. */
export interface TimeReply {
  /** The URL that was asked, its port given. */
  readonly url: string;
  /** The protocol spoken. */
  readonly protocol: Protocol;
  /** The text as the server wrote it, without a line end. */
  readonly text: string;
  /** The text's reading. It carries no zone: the server's local time, or UTC if it says so elsewhere. */
  readonly time: Temporal.PlainDateTime;
  /** When the reply came, by this machine's clock. */
  readonly receivedAt: Temporal.Instant;
  /** From the request's departure to the reply's arrival. */
  readonly roundTrip: Temporal.Duration;
  /** Who answered: the address that was asked, a name resolved. */
  readonly from: Deno.NetAddr;
}

/**
 * Asks a time server once.
 *
 * @param url Whom to ask, as `asctime://host:port`
 * @param options The deadline, and how often to ask again
 * @returns What it said, who it was, and how long it took
 * @throws {SyntaxError} If the URL cannot be read
 * @throws {RangeError} If an option is out of range
 * @throws {QueryError} If no usable time came; its `reason` says why
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { query, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("asctime://127.0.0.1:0", { utc: true });
 * const reply = await query(server.addresses[0]!.url, { timeout: 1 });
 * assertEquals(reply.time.year, Temporal.Now.plainDateTimeISO("UTC").year);
 * ```
 */
export async function query(url: string, options: QueryOptions = {}): Promise<TimeReply> {
  const endpoint = parseEndpoint(url);
  const { octets, ...reply } = await exchange(endpoint, request, options);
  try {
    return {
      url: formatEndpoint(endpoint),
      protocol: endpoint.protocol,
      ...parseAsctime(octets),
      ...reply,
    };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const from = formatAddress(reply.from);
    throw new QueryError("not-a-time", `The reply from ${from} is ${cause.message}`, { cause });
  }
}

const request = new TextEncoder().encode(ASCTIME_REQUEST);
