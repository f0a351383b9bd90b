import { type Endpoint, parseTarget } from "../protocols/endpoint.ts";
import { QueryError } from "../protocols/failure.ts";
import { protocols, type TimeReply } from "../protocols/registry.ts";
import type { NtpReply, SecondsReply } from "../protocols/reply.ts";
import type { InSeconds } from "../text/duration.ts";
import { shorten } from "../text/printable.ts";
import type { Target } from "./exchange.ts";
import { checkTrust, queryEndpoint, type QueryOptions, type ValidateOptions } from "./query.ts";

/** A reply that has an offset. */
export type MeasuredReply = NtpReply | SecondsReply;

/** The outcome of one exchange: a reply, or an error, or both where the reply cannot be trusted. */
export interface Measured<Reply extends TimeReply = MeasuredReply> {
  /** The reply. */
  readonly reply?: Reply;
  /** Why there is no reply, or why it cannot be trusted. */
  readonly error?: QueryError;
}

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
