import { toNanoseconds } from "../../text/duration.ts";
import { toInstant } from "../ntp/timestamp.ts";
import { getUint32 } from "../octets.ts";
import { plainRequestFields, unknownField } from "../plain_fields.ts";
import type { WireField, WireFormat } from "../protocol.ts";
import type { SecondsReply } from "../reply.ts";
import { TIME_REPLY_LENGTH } from "./parse.ts";

export const timeFormat: WireFormat<SecondsReply> = {
  requestFields: plainRequestFields,
  replyFields,
  formTest: { name: "4 octets, or 8 of which the rest is zero", source: "RFC 868" },
  measure: ({ time, offset, errorBound }, times) =>
    times
      ? {
        times: { t1: times.sentAt, t3: time, t4: times.receivedAt },
        offset: toNanoseconds(offset),
        errorBound: toNanoseconds(errorBound),
      }
      : { times: { t3: time } },
  resembles: (_request, reply) => reply.length <= 2 * TIME_REPLY_LENGTH,
};

function replyFields(octets: Uint8Array, pivot: Temporal.Instant): WireField[] {
  if (octets.length < TIME_REPLY_LENGTH) {
    return unknownField(octets, "too short for a time of RFC 868");
  }
  const seconds = getUint32(octets, 0);
  const time = toInstant(BigInt(seconds) << 32n, pivot);
  const rest = octets.subarray(TIME_REPLY_LENGTH);
  return [
    {
      name: "Seconds since 1900",
      offset: 0,
      octets: octets.subarray(0, TIME_REPLY_LENGTH),
      meaning: `${seconds} = ${time}`,
    },
    ...unknownField(rest, "beyond the four octets of RFC 868", TIME_REPLY_LENGTH),
  ];
}
