import { type Answer, refusal, type Responder } from "./responder.ts";

const DECLINED = refusal("declined");

/** A `Date` reaches 8.64e12 s either way of 1970, and a zone is less than a day off. */
const MAX_UNIX_SECONDS = 8.64e12 - 86_400;

/**
 * A service that answers every datagram with a text, which it encodes once a second and copies for each
 * request. It declines times that cannot be written in every zone.
 */
export function textResponder(
  format: (unixSeconds: number, leapIndicator: number) => string,
): Responder {
  const encoder = new TextEncoder();
  const text = new Uint8Array(64);
  let textLength = 0;
  let textSeconds = NaN;
  let textLeap = NaN;
  return {
    respond({ reply, arrival: { seconds }, status: { leap } }): Answer {
      if (Math.abs(seconds) > MAX_UNIX_SECONDS) return DECLINED;
      if (seconds !== textSeconds || leap !== textLeap) {
        textSeconds = seconds;
        textLeap = leap;
        textLength = encoder.encodeInto(format(seconds, leap), text).written;
      }
      for (let i = 0; i < textLength; i++) reply[i] = text[i] as number;
      return textLength;
    },
  };
}
