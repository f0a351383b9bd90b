import { type AsctimeOptions, asctimeResponder } from "./asctime/service.ts";
import { field, mode, NTP_HEADER_LENGTH } from "./ntp/packet.ts";
import { ntpResponder, type NtpResponderOptions } from "./ntp/service.ts";
import { isPrintable } from "./octets.ts";
import { type Answer, refusal, type Responder } from "./responder.ts";

const refuseReply = refusal("looks_like_a_reply");
const refuseMode = refusal("mode");

/**
 * Answers an NTP request with NTP and anything else with text, but stays silent to the NTP modes
 * that ask for no time.
 *
 * Text is distinguished from NTP by its octets: an NTP packet is never all printable.
 */
export function autoResponder(options: AsctimeOptions & NtpResponderOptions): Responder {
  const [ntp, text] = [ntpResponder(options), asctimeResponder(options)];
  return {
    respond(exchange): Answer | Promise<Answer> {
      const { request } = exchange;
      exchange.isText = isPrintable(request);
      if (exchange.isText) return text.respond(exchange);
      const flags = request[field.flags] as number;
      const version = flags >> 3 & 7;
      const requestMode = flags & 7;
      const isKnownVersion = version >= 1 && version <= 4;
      const minLength = MIN_LENGTHS[requestMode];
      if (minLength !== undefined && request.length >= minLength && isKnownVersion) {
        return requestMode >= mode.control ? refuseMode : refuseReply;
      }
      // Version 1 had no mode.
      const asksForTime = requestMode === mode.reserved
        ? version === 1
        : isKnownVersion && requestMode <= mode.client;
      exchange.isText = !asksForTime || request.length < NTP_HEADER_LENGTH;
      return exchange.isText ? text.respond(exchange) : ntp.respond(exchange);
    },
    // Text leaves nothing unfinished.
    finish: (batch, first, end, departure) => ntp.finish?.(batch, first, end, departure),
    seal: (exchange, length, flaw) => ntp.seal?.(exchange, length, flaw) ?? length,
    writeKod: (exchange, code) =>
      isPrintable(exchange.request) ? 0 : ntp.writeKod?.(exchange, code) ?? 0,
  };
}

/** The least lengths of packets in modes that never get a reply: RFC 9327 §2 for control, ntpd's for private. */
const MIN_LENGTHS: Readonly<Record<number, number>> = {
  [mode.symmetricPassive]: NTP_HEADER_LENGTH,
  [mode.server]: NTP_HEADER_LENGTH,
  [mode.broadcast]: NTP_HEADER_LENGTH,
  [mode.control]: 12,
  [mode.private]: 8,
};
