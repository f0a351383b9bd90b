import { DecodeError } from "../protocols/decode_error.ts";
import {
  type Endpoint,
  formatAddress,
  formatEndpoint,
  parseTarget,
} from "../protocols/endpoint.ts";
import { QueryError, type QueryFailure } from "../protocols/failure.ts";
import { MAX_ROOT_DISTANCE_SECONDS } from "../protocols/ntp/tests.ts";
import type { ProtocolRecord, RawReply, Request, RequestOptions } from "../protocols/protocol.ts";
import { protocols, type ReplyTo, type TimeReply } from "../protocols/registry.ts";
import { seconds, type TimedFields } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import type { InSeconds, TimeSpan } from "../text/duration.ts";
import { settleWithin } from "../system/time.ts";
import { formatSeconds } from "../text/units.ts";
import {
  DEFAULT_TIMEOUT_SECONDS,
  exchange,
  exchangeFields,
  type ExchangeOptions,
  type NtsSession,
  type Target,
} from "./exchange.ts";
import { systemNetwork } from "./network.ts";
import type { NtpReply, SecondsReply } from "../protocols/reply.ts";
import { shorten } from "../text/printable.ts";

/** Options for {@linkcode query}. */
export type QueryOptions = ExchangeOptions;

/**
 * Queries a time server once and measures what can be measured. Whether an NTP
 * reply can be trusted is checked by {@linkcode validate}.
 *
 * @param url The server, as `ntp://host:port`; without a scheme it is NTP, unless its port names another
 * @param options The time limit, and how often to send again
 * @returns The reply, its sender, and the time it took
 * @throws {SyntaxError} If the URL cannot be read
 * @throws {SyntaxError | RangeError} If an option is unknown or out of range
 * @throws {TypeError} If a time limit is a number
 * @throws {QueryError} If no time came; its `reason` is the cause
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { query, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const reply = await query(server.url, { timeout: "1s" });
 * const [offset, bound] = [reply.offset.abs(), reply.errorBound];
 * assert(Temporal.Duration.compare(offset, bound) <= 0, "one machine, one clock");
 * ```
 */
export async function query<const Url extends string>(
  url: Url,
  options: QueryOptions = {},
): Promise<ReplyTo<Url>> {
  const settings = readOptions(exchangeFields, options, "query");
  return await queryEndpoint(parseTarget(url), settings) as ReplyTo<Url>;
}

export async function queryEndpoint(
  target: Target,
  options: InSeconds<QueryOptions> = {},
): Promise<TimeReply> {
  const { precision: localPrecision } = options.network ?? systemNetwork;
  const raw = await exchangeAny(target, options);
  try {
    return protocols[target.protocol].read(raw, { localPrecision });
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const from = formatAddress(raw.from);
    throw new QueryError("not_a_time", `The reply from ${from} is ${cause.message}`, { cause });
  }
}

/**
 * The key of a target, and all that are known.
 *
 * @throws {RangeError} If the key is not known
 */
export function requestOptions(
  { key, ...endpoint }: Endpoint,
  { keys }: Pick<ExchangeOptions, "keys">,
): RequestOptions {
  if (key === undefined) return {};
  if (keys?.has(key)) return { key, keys };
  const problem = keys === undefined ? "there are no keys" : `there is no key ${key}`;
  throw new RangeError(`Cannot query ${formatEndpoint({ ...endpoint, key })}: ${problem}`);
}

/**
 * Exchanges datagrams with a target, after a key exchange if that is by NTS.
 *
 * @param observe Returns each request as it is to be sent
 * @throws {RangeError} If the key of the target is not known
 */
export async function exchangeAny(
  target: Target,
  options: InSeconds<QueryOptions>,
  observe = (request: Request): Request => request,
): Promise<RawReply> {
  if (target.nts) return await exchangeByNts(target, options, observe);
  const auth = requestOptions(target, options);
  const { createRequest } = protocols[target.protocol];
  return await exchange(target, () => observe(createRequest(auth)), options);
}

/** Opens a session with an NTS server, whose modules are loaded for that alone. */
export async function openNtsSession(endpoint: Endpoint): Promise<NtsSession> {
  const { ClientNtsSession } = await import("./nts/session.ts");
  return new ClientNtsSession(endpoint);
}

/** The part of its time after which a query whose cookies the server has forgotten goes on with new keys. */
const FIRST_SHARE = 0.5;

/** Exchanges keys if there are none, then the datagrams; once more with new keys if the cookies were refused. */
async function exchangeByNts(
  target: Target,
  options: InSeconds<QueryOptions>,
  observe: (request: Request) => Request,
): Promise<RawReply> {
  const { timeout = DEFAULT_TIMEOUT_SECONDS, retries = 2, signal } = options;
  const { timers } = options.network ?? systemNetwork;
  const session = target.session ?? await openNtsSession(target);
  const endsMs = timers.monotonicMs() + timeout * 1000;
  const secondsLeft = (): number => (endsMs - timers.monotonicMs()) / 1000;
  for (let isLast = false;; isLast = true) {
    const beforeKeys = secondsLeft();
    const endpoint = await session.prepare(target, beforeKeys, options);
    const keysSeconds = beforeKeys - secondsLeft();
    // Others that are as new would not help, and nothing of the time is left for them.
    const isOnly = isLast || session.isFresh;
    const end = new AbortController();
    const left = Math.max(secondsLeft(), 0.001);
    const exchanged = exchange(endpoint, () => observe(session.createRequest()), {
      ...options,
      retries: Math.min(retries, session.cookies - 1),
      timeout: left,
      signal: signal ? AbortSignal.any([signal, end.signal]) : end.signal,
    });
    try {
      // A refusal may be forged: a reply has its time to come before it counts.
      const early = isOnly || await settleWithin(timers, left * FIRST_SHARE * 1000, exchanged);
      if (early || !session.wasRefused) return { ...await exchanged, url: formatEndpoint(target) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof QueryError && error.reason === "timeout") {
        // The limit of the caller, rather than what the keys have left of it.
        const spent = keysSeconds > timeout / 2
          ? `, of which the NTS key exchange took ${formatSeconds(keysSeconds)}`
          : "";
        const address = formatAddress(endpoint);
        throw new QueryError("timeout", `No reply from ${address} within ${timeout} s${spent}`);
      }
      if (isOnly || !session.wasRefused || !(error instanceof QueryError)) throw error;
    } finally {
      if (session.wasRefused) session.forget();
      end.abort();
      exchanged.catch(() => {});
    }
  }
}

/** Options for {@linkcode validate}. */
export interface ValidateOptions {
  /**
   * The largest root distance to accept.
   *
   * @default {"3s"}
   */
  readonly maxRootDistance?: TimeSpan;
}

export const trustFields: TimedFields<ValidateOptions> = { maxRootDistance: seconds("0s", "1d") };

/**
 * Checks whether a reply can be trusted, which `query()` does not: a kiss-o'-death is a reply, too.
 * NTP has tests for this (RFC 5905 §8, §9.2), the other protocols have none.
 *
 * @param reply A reply that `query()` returned
 * @param options The limits
 * @throws {QueryError} If it cannot be trusted; `reason` is `kiss_o_death`, `unsynchronized` or `unusable`
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { query, QueryError, serve, validate } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0", { status: { unsynchronized: true } });
 * const reply = await query(server.url);
 * assertThrows(() => validate(reply), QueryError, "is not synchronised");
 * ```
 */
export function validate(reply: TimeReply, options: ValidateOptions = {}): void {
  checkTrust(reply, readOptions(trustFields, options, "validate"));
}

function checkTrust(reply: TimeReply, options: InSeconds<ValidateOptions>): void {
  const { maxRootDistance = MAX_ROOT_DISTANCE_SECONDS } = options;
  const { trustTests = [] }: ProtocolRecord = protocols[reply.protocol];
  for (const test of trustTests) {
    const failure = test.failure(reply, maxRootDistance);
    if (failure) {
      throw new QueryError(
        failure.reason,
        `The server ${formatAddress(reply.from)} ${failure.message}`,
      );
    }
  }
}

/** A reply that has an offset. */
export type MeasuredReply = NtpReply | SecondsReply;

/** The delay of a reply, without the time that the server took where it reports that. */
export function delayOf(reply: TimeReply): Temporal.Duration {
  return reply.protocol === "ntp" ? reply.delay : reply.roundTrip;
}

/** The outcome of one exchange: a reply, or an error, or both where the reply cannot be trusted. */
export interface Measured<Reply extends TimeReply = MeasuredReply> {
  /** The reply. */
  readonly reply?: Reply;
  /** Why there is no reply, or why it cannot be trusted. */
  readonly error?: QueryError;
}

/** Failures before a request is sent. */
export const unsentFailures: readonly QueryFailure[] = [
  ...["unknown_host", "no_name_server", "nts_ke"] as const,
];

/** Queries a server once and validates its reply; a {@linkcode QueryError} is returned, not thrown. */
export async function measure<Reply extends TimeReply = MeasuredReply>(
  target: Target,
  options: InSeconds<QueryOptions & ValidateOptions>,
): Promise<Measured<Reply>> {
  let reply: TimeReply | undefined;
  try {
    reply = await queryEndpoint(target, options);
    checkTrust(reply, options);
    return { reply: reply as Reply };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { ...(reply && { reply: reply as Reply }), error };
  }
}

/** Parses the URL of a server whose replies have an offset; without a scheme it is NTP. */
export function parseMeasurable(url: string): Endpoint {
  const endpoint = parseTarget(url, "ntp");
  if (protocols[endpoint.protocol].hasOffset) return endpoint;
  throw new SyntaxError(
    `Cannot measure ${
      shorten(url, 200)
    }: ${endpoint.protocol} text has no offset, use ntp:// or time://`,
  );
}

/** Whether a server asks for fewer requests, by a kiss-o'-death with code RATE (RFC 5905 §7.4). */
export function isRateKiss({ reply, error }: Measured<TimeReply>): boolean {
  return error?.reason === "kiss_o_death" && reply?.protocol === "ntp" &&
    reply.referenceId === "RATE";
}
