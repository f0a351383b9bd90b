/** A reply as the discipline counts it. */
import type { UpstreamSource } from "../../discipline/source.ts";
import type { UpstreamReply } from "../../discipline/upstream.ts";
import type { NtpReply } from "../../protocols/reply.ts";

const NANOSECONDS = 1e9;

/** @param id The reference id that clients of this server are to state */
export function toUpstreamReply(
  { sentAt, receivedAt, offset, delay, packet }: NtpReply,
  id: number,
  source: UpstreamSource,
): UpstreamReply {
  const [sentNs, receivedNs] = [sentAt, receivedAt].map(({ epochNanoseconds }) =>
    epochNanoseconds
  ) as [bigint, bigint];
  const offsetNs = receivedAt.add(offset).epochNanoseconds - receivedNs;
  const precision = 2 ** packet.precision;
  const elapsed = Number(receivedNs - sentNs) / NANOSECONDS;
  return {
    at: source.toSeconds((sentNs + receivedNs) / 2n),
    offset: source.toOffset(offsetNs),
    delay: Math.max(delay.total("seconds"), precision),
    dispersion: precision + 15e-6 * elapsed,
    rootDelay: packet.rootDelay,
    rootDispersion: packet.rootDispersion,
    leap: packet.leap,
    stratum: packet.stratum,
    id,
  };
}
