/** What an exchange of the Time protocol (RFC 868) measures. */
import { eraPivot } from "../ntp/timestamp.ts";
import { parseTime, TIME_REPLY_LENGTH } from "./codec.ts";
import type { RawReply } from "../protocol.ts";
import type { SecondsReply } from "../reply.ts";

/**
 * What a whole second leaves open, and a tick of the server's kernel: the time(2)
 * that such servers read lags behind by up to that.
 */
const RESOLUTION_MS = 1010;

/**
 * Everything that it measured.
 *
 * @throws {DecodeError} If the octets are no time
 */
export function readSeconds(raw: RawReply): Omit<SecondsReply, "url"> {
  const { request: _request, octets, ...reply } = raw;
  const { sentAt, receivedAt, roundTrip } = reply;
  const excess = octets.subarray(TIME_REPLY_LENGTH);
  // GNU inetutils sends a `long`, which has 64 bits today; anything else is no time at all.
  const isPadded = excess.length === TIME_REPLY_LENGTH && excess.every((octet) => octet === 0);
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
    hasTime: true,
    offset: time.since(sentAt.add(halfTrip)),
    errorBound: halfTrip.add({ milliseconds: RESOLUTION_MS }),
    ...reply,
    warnings: isPadded
      ? [`${octets.length} octets in the reply, where RFC 868 has 4; the rest was ignored`]
      : [],
  };
}
