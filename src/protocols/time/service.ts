import { leap } from "../ntp/packet.ts";
import { toNtpSeconds } from "../ntp/timestamp.ts";
import { putUint32 } from "../octets.ts";
import { type Answer, refusal, type Responder } from "../responder.ts";
import { hasTimeForm, TIME_REPLY_LENGTH } from "./parse.ts";

const refuseReply = refusal("looks_like_a_reply");
const refuseUnsynchronized = refusal("unsynchronized");

/**
 * RFC 868: the request is empty, and a server that does not know the time discards it. Requests of other
 * lengths are answered too, but never one that can be the reply of a Time server, whatever its clock shows.
 */
export function timeResponder(): Responder {
  return {
    respond({ request, reply, arrival, status }): Answer {
      if (hasTimeForm(request)) return refuseReply;
      if (status.leap === leap.unsynchronized) return refuseUnsynchronized;
      putUint32(reply, 0, toNtpSeconds(arrival.seconds));
      return TIME_REPLY_LENGTH;
    },
  };
}
