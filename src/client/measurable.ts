/** Exchanges whose replies can be measured against this machine's clock. */
import { type Endpoint, formatEndpoint, parseEndpoint } from "../protocols/endpoint.ts";
import { isLoopback } from "../system/address.ts";
import { validate, type ValidateOptions } from "../protocols/ntp/client.ts";
import { query, type QueryOptions } from "./query.ts";
import { QueryError } from "../protocols/failure.ts";
import type { NtpReply, SecondsReply, TimeReply } from "../protocols/reply.ts";

/** A reply that has an offset. */
export type MeasuredReply = NtpReply | SecondsReply;

/** How a server was asked once: a reply, or an error, or both where the reply is not fit to trust. */
export interface Measured {
  /** What came. */
  readonly reply?: MeasuredReply;
  /** Why there is no reply, or why it is not fit to trust. */
  readonly error?: QueryError;
}

/**
 * Reads the URL of a server whose replies have an offset; without a scheme it is NTP.
 *
 * @throws {SyntaxError} If the URL cannot be read, or names a protocol whose text has no zone
 */
export function parseMeasurable(url: string): Endpoint {
  const endpoint = parseEndpoint(url, "ntp");
  if (endpoint.protocol === "ntp" || endpoint.protocol === "time") return endpoint;
  throw new SyntaxError(
    `Cannot measure ${url}: the text of ${endpoint.protocol} tells no offset, ask ntp:// or time://`,
  );
}

/**
 * Asks once and validates.
 *
 * @throws {RangeError} If an option is out of range
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 * @throws The signal's reason if that aborts
 */
export async function measure(
  endpoint: Endpoint,
  options: QueryOptions & ValidateOptions,
): Promise<Measured> {
  let reply: TimeReply | undefined;
  try {
    reply = await query(formatEndpoint(endpoint), options);
    if (reply.protocol !== "ntp" && reply.protocol !== "time") return {};
    if (reply.protocol === "ntp") validate(reply, options);
    return { reply };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return reply?.protocol === "ntp" ? { reply, error } : { error };
  }
}

/** Whether a server is on this machine, by its name: it may be asked as often as one likes. */
export function isNear({ hostname }: Pick<Endpoint, "hostname">): boolean {
  return hostname === "localhost" || isLoopback(hostname);
}

/** Nobody else's server is asked more often than once in so many seconds. */
const LEAST_INTERVAL_SECONDS = 1;

/**
 * Checks how often a server is going to be asked.
 *
 * @throws {RangeError} If it is on another machine, for all that is known, and that is too often
 */
export function checkInterval(endpoint: Endpoint, interval: number | undefined): void {
  if (interval === undefined || interval >= LEAST_INTERVAL_SECONDS || isNear(endpoint)) return;
  throw new RangeError(
    `Cannot ask ${endpoint.hostname} every ${interval} s: ` +
      "only a loopback address is asked more than once a second",
  );
}

/** Whether a server asks for fewer requests: RFC 5905 §7.4. */
export function asksForLess({ reply, error }: Measured): boolean {
  return error?.reason === "kiss-o-death" && reply?.protocol === "ntp" &&
    reply.referenceId === "RATE";
}

/**
 * Checks an option.
 *
 * @throws {RangeError} If it is not within what is allowed
 */
export function checkOption(
  name: string,
  value: number | undefined,
  from: number,
  to: number,
): void {
  if (value === undefined || value >= from && value <= to) return;
  throw new RangeError(`Cannot measure: ${name} is ${value}, expected ${from} to ${to}`);
}
