import { ASCTIME_REQUEST, parseAsctime } from "../protocols/asctime/codec.ts";
import { parseDaytime } from "../protocols/daytime/codec.ts";
import { DecodeError } from "../protocols/decode_error.ts";
import {
  type Endpoint,
  formatAddress,
  formatEndpoint,
  parseEndpoint,
  type Protocol,
} from "../protocols/endpoint.ts";
import { exchange, type ExchangeOptions } from "./exchange.ts";
import type { RawReply, Request } from "../protocols/protocol.ts";
import { eraPivot } from "../protocols/ntp/timestamp.ts";
import { measureNtp, ntpRequest } from "../protocols/ntp/client.ts";
import { QueryError } from "../protocols/failure.ts";
import type { ReplyTo, TextReply, TimeReply } from "../protocols/reply.ts";
import { readSeconds } from "../protocols/time/client.ts";

/** Options for {@linkcode query}. */
export type QueryOptions = ExchangeOptions;

/**
 * Asks a time server once and measures what can be measured. Whether an NTP
 * reply is fit to trust is for `validate()` to say.
 *
 * @param url Whom to ask, as `ntp://host:port`; without a scheme it is asctime text
 * @param options The deadline, and how often to ask again
 * @returns What it said, who it was, and how long it took
 * @throws {SyntaxError} If the URL cannot be read
 * @throws {RangeError} If an option is out of range
 * @throws {QueryError} If no time came; its `reason` says why
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { query, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const reply = await query(`ntp://127.0.0.1:${server.addresses[0]!.port}`, { timeout: 1 });
 * const [offset, bound] = [reply.offset.abs(), reply.errorBound];
 * assert(Temporal.Duration.compare(offset, bound) <= 0, "one machine, one clock");
 * ```
 */
export async function query<const Url extends string>(
  url: Url,
  options: QueryOptions = {},
): Promise<ReplyTo<Url>> {
  return await queryEndpoint(parseEndpoint(url), options) as ReplyTo<Url>;
}

/** {@linkcode query} by an endpoint. */
export async function queryEndpoint(
  endpoint: Endpoint,
  options: QueryOptions = {},
): Promise<TimeReply> {
  const dialect = dialects[endpoint.protocol];
  const raw = await exchange(endpoint, dialect.createRequest, options);
  try {
    return { url: formatEndpoint(endpoint), ...dialect.read(raw) };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const from = formatAddress(raw.from);
    throw new QueryError("not-a-time", `The reply from ${from} is ${cause.message}`, { cause });
  }
}

/** A protocol as a client speaks it. */
interface Dialect {
  createRequest(): Request;
  /** @throws {DecodeError} If the octets are not what the protocol prescribes */
  read(raw: RawReply): Unlocated<TimeReply>;
}

type Unlocated<Reply> = Reply extends TimeReply ? Omit<Reply, "url"> : never;

const asctime: Dialect = {
  createRequest: () => ({ octets: new TextEncoder().encode(ASCTIME_REQUEST) }),
  read({ request: _request, octets, ...reply }): Omit<TextReply, "url"> {
    return { protocol: "asctime", hasTime: true, ...parseAsctime(octets), ...reply, warnings: [] };
  },
};

const dialects: Readonly<Record<Protocol, Dialect>> = {
  asctime,
  // A port that speaks all is asked in words that any of its kind understands.
  auto: asctime,
  daytime: {
    createRequest: () => ({ octets: new Uint8Array() }),
    read({ request: _request, octets, ...reply }): Omit<TextReply, "url"> {
      const { offset, ...reading } = parseDaytime(octets, eraPivot(reply.receivedAt));
      const utcOffset = offset === undefined ? {} : { utcOffset: offset };
      return {
        protocol: "daytime",
        hasTime: true,
        ...reading,
        ...utcOffset,
        ...reply,
        warnings: [],
      };
    },
  },
  time: { createRequest: () => ({ octets: new Uint8Array() }), read: readSeconds },
  ntp: { createRequest: ntpRequest, read: measureNtp },
};

/** What a client of a protocol sends. */
export function createRequest(protocol: Protocol): Request {
  return dialects[protocol].createRequest();
}
