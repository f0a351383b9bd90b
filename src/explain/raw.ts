import type { RawReply } from "../protocols/protocol.ts";
import type { SeenExchange } from "./explanation.ts";

/** The exchange as a client would have it; who does not know its times must not use them. */
export function rawOf({ request, times, pivot }: SeenExchange, octets: Uint8Array): RawReply {
  const { sentAt, receivedAt } = times ?? { sentAt: pivot, receivedAt: pivot };
  return {
    request,
    octets,
    from: { transport: "udp", hostname: "", port: 0 },
    sentAt,
    receivedAt,
    roundTrip: receivedAt.since(sentAt),
  };
}
