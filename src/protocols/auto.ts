/** The service that speaks the language it is asked in, on one port. */
import { looksLikeAnswer } from "./answers.ts";
import { field, mode, NTP_HEADER_LENGTH } from "./ntp/packet.ts";
import { type Answer, type Refusal, refusal, type Responder } from "./responder.ts";

const refuseReply = refusal("looks-like-a-reply");
const refuseMode = refusal("mode");

/** The responders that {@linkcode autoResponder} chooses from. */
export interface AutoResponderOptions {
  /** Answers NTP clients and symmetric peers. */
  readonly ntp: Responder;
  /** Answers everything else. */
  readonly text: Responder;
}

/**
 * Answers an NTP request with NTP and anything else with text, but stays silent
 * to what looks like an answer, of any service here, and to the NTP modes that
 * ask for no time.
 *
 * Text is told from NTP by its octets: an NTP packet is never all printable.
 */
export function autoResponder({ ntp, text }: AutoResponderOptions): Responder {
  return {
    respond(exchange): Answer | Promise<Answer> {
      const { request, arrival } = exchange;
      if (looksLikeAnswer(request, arrival.seconds)) return refuseReply;
      if (!isPrintable(request)) {
        const refused = ntpModeRefusal(request);
        if (refused !== undefined) return refused;
        if (request.length >= NTP_HEADER_LENGTH && asksForTime(request)) {
          return ntp.respond(exchange);
        }
      }
      return text.respond(exchange);
    },
    // Text leaves nothing unfinished.
    finish: (batch, count, departures) => ntp.finish?.(batch, count, departures),
    kiss: (exchange, code) => isPrintable(exchange.request) ? 0 : ntp.kiss?.(exchange, code) ?? 0,
  };
}

/** Whether a header is a client's or a symmetric peer's; version 1 had no mode. */
function asksForTime(request: Uint8Array): boolean {
  const flags = request[field.flags] as number;
  const requestMode = flags & 7;
  return requestMode === mode.reserved
    ? (flags >> 3 & 7) === 1
    : hasNtpVersion(request) && requestMode <= mode.client;
}

/** The shortest packets of the modes that never get an answer: RFC 9327 §2 for control, ntpd's for private. */
const SHORTEST: Readonly<Record<number, number>> = {
  [mode.symmetricPassive]: NTP_HEADER_LENGTH,
  [mode.server]: NTP_HEADER_LENGTH,
  [mode.broadcast]: NTP_HEADER_LENGTH,
  [mode.control]: 12,
  [mode.private]: 8,
};

function ntpModeRefusal(request: Uint8Array): Refusal | undefined {
  const requestMode = (request[field.flags] as number) & 7;
  const shortest = SHORTEST[requestMode];
  if (shortest === undefined || request.length < shortest || !hasNtpVersion(request)) {
    return undefined;
  }
  return requestMode >= mode.control ? refuseMode : refuseReply;
}

/** Whether the version field names a version of NTP's header as it is known here. */
function hasNtpVersion(request: Uint8Array): boolean {
  const version = (request[field.flags] as number) >> 3 & 7;
  return version >= 1 && version <= 4;
}

/** Whether all octets are text: printable ASCII, tabs and line ends, nothing at all included. */
function isPrintable(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] as number;
    const isText = octet >= 0x20 && octet < 0x7f || octet >= 0x09 && octet <= 0x0d;
    if (!isText) return false;
  }
  return true;
}
