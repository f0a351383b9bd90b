import { eraPivot } from "../ntp/timestamp.ts";
import type { ProtocolRecord, RawReply } from "../protocol.ts";
import type { SecondsReply } from "../reply.ts";
import { hasTimeForm, looksLikeTime, parseTime, TIME_REPLY_LENGTH } from "./parse.ts";

/**
 * The Time protocol (RFC 868): any datagram that cannot be a reply is a request, the reply is four octets,
 * big-endian: seconds since 1900-01-01T00:00:00Z modulo 2^32, from zero again at 2036-02-07T06:28:16Z.
 */
export const time: ProtocolRecord<SecondsReply> = {
  label: "Time",
  port: 37,
  hasOffset: true,
  createRequest: () => ({ octets: new Uint8Array() }),
  read: readSeconds,
  keys: ["offset", "error_bound"],
  toJson: ({ offset, errorBound }) => ({
    offset: offset.total("seconds"),
    error_bound: errorBound.total("seconds"),
  }),
  looksLikeReply: looksLikeTime,
  loadWireFormat: () => import("./fields.ts").then(({ timeFormat }) => timeFormat),
};

/**
 * The error of a whole second, and of a tick of the server's kernel: the time(2) that such servers
 * read lags behind by up to that.
 */
const RESOLUTION_MS = 1010;

function readSeconds({ request: _request, octets, ...reply }: RawReply): SecondsReply {
  const { sentAt, receivedAt, roundTrip } = reply;
  const isPadded = octets.length > TIME_REPLY_LENGTH && hasTimeForm(octets);
  const time = parseTime(
    isPadded ? octets.subarray(0, TIME_REPLY_LENGTH) : octets,
    eraPivot(receivedAt),
  );
  const halfTrip = Temporal.Duration.from({
    nanoseconds: Math.round(roundTrip.total("nanoseconds") / 2),
  });
  return {
    protocol: "time",
    text: time.toString(),
    time,
    offset: time.since(sentAt.add(halfTrip)),
    errorBound: halfTrip.add({ milliseconds: RESOLUTION_MS }),
    ...reply,
    hasTime: true,
    warnings: isPadded
      ? [`${octets.length} octets in the reply, where RFC 868 has 4; the rest was ignored`]
      : [],
  };
}
