import { leap } from "../ntp/packet.ts";
import { toNtpSeconds } from "../ntp/timestamp.ts";
import { putUint32 } from "../octets.ts";
import { type Answer, refusal, type Responder } from "../responder.ts";
import { TIME_REPLY_LENGTH } from "./parse.ts";

const refuseUnsynchronized = refusal("unsynchronized");

/** RFC 868: a server that does not know the time discards the request. */
export function timeResponder(): Responder {
  return {
    respond({ reply, arrival, status }): Answer {
      if (status.leap === leap.unsynchronized) return refuseUnsynchronized;
      putUint32(reply, 0, toNtpSeconds(arrival.seconds));
      return TIME_REPLY_LENGTH;
    },
  };
}
