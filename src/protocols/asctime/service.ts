import { type Answer, refusal, type Responder } from "../responder.ts";
import { type AsctimeOptions, formatAsctime, hasText } from "./format.ts";

const DECLINED = refusal("declined");

/**
 * The asctime service: answers every datagram with the time of its arrival, save what is an
 * answer itself.
 *
 * @param options Whether to write local time or UTC
 * @returns A responder that encodes a text once a second and copies it for each request
 */
export function asctimeResponder(options: AsctimeOptions = {}): Responder {
  const encoder = new TextEncoder();
  const text = new Uint8Array(32);
  let textLength = 0;
  let textSeconds = NaN;
  return {
    respond({ reply, arrival }): Answer {
      if (!hasText(arrival.seconds)) return DECLINED;
      if (arrival.seconds !== textSeconds) {
        textSeconds = arrival.seconds;
        textLength = encoder.encodeInto(formatAsctime(textSeconds, options), text).written;
      }
      for (let i = 0; i < textLength; i++) reply[i] = text[i] as number;
      return textLength;
    },
  };
}
