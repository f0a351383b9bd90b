/** Replies as JSON; docs/output.md describes the keys. */
import { formatEndpoint, parseTarget } from "../../../protocols/endpoint.ts";
import { QueryError } from "../../../protocols/failure.ts";
import type { ProtocolRecord } from "../../../protocols/protocol.ts";
import { protocols, type TimeReply } from "../../../protocols/registry.ts";
import { toSeconds } from "../../../text/duration.ts";
import { formatInstant } from "../../../text/units.ts";
import { formatError } from "../../shared/errors.ts";
import type { Outcome } from "./report.ts";

/** The version of docs/timecli.schema.json: a key that is renamed, removed or redefined makes a new one. */
export const SCHEMA = 1;

/** The JSON object of one outcome; times in ISO 8601, durations in seconds. */
export function outcomeToJson(
  { target, reply, error }: Outcome,
  raw: boolean,
): Record<string, unknown> {
  return {
    schema: SCHEMA,
    url: reply?.url ?? normalizeUrl(target),
    ...(reply && replyToJson(reply, raw)),
    ...(error !== undefined && { error: errorToJson(error) }),
  };
}

function replyToJson(reply: TimeReply, raw: boolean): Record<string, unknown> {
  const record: ProtocolRecord = protocols[reply.protocol];
  return {
    protocol: reply.protocol,
    address: reply.from.hostname,
    port: reply.from.port,
    // A protocol in binary has no text of its own.
    ...(reply.hasTime && record.hasOffset !== true && { text: reply.text }),
    ...(reply.hasTime && { time: formatTime(reply) }),
    received: formatInstant(reply.receivedAt),
    round_trip: toSeconds(reply.roundTrip),
    ...record.toJson?.(reply, raw),
    ...(reply.warnings.length > 0 && { warnings: reply.warnings }),
  };
}

/** Formats the time of a reply with the digits that its protocol has, always as many. */
function formatTime({ protocol, time }: TimeReply): string {
  return protocol === "ntp" ? formatInstant(time) : time.toString();
}

/** The URL of a target with its port; a target that cannot be read stays as it is. */
function normalizeUrl(target: string): string {
  try {
    return formatEndpoint(parseTarget(target));
  } catch {
    return target;
  }
}

export function errorToJson(error: unknown): Record<string, unknown> {
  return {
    reason: error instanceof QueryError ? error.reason : "failed",
    message: formatError(error),
  };
}
