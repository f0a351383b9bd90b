import { hasText } from "../asctime/format.ts";
import { leap } from "../ntp/packet.ts";
import { type Answer, refusal, type Responder } from "../responder.ts";
import { type DaytimeOptions, formatDaytime } from "./format.ts";

const DECLINED = refusal("declined");
const refuseUnsynchronized = refusal("unsynchronized");

/**
 * The Daytime service: answers every datagram with a line for the second of its
 * arrival, and none while the clock is not synchronised.
 */
export function daytimeResponder(options: DaytimeOptions = {}): Responder {
  const encoder = new TextEncoder();
  const line = new Uint8Array(64);
  let lineLength = 0;
  let lineSeconds = NaN;
  let lineLeap = NaN;
  return {
    respond({ reply, arrival, status }): Answer {
      if (!hasText(arrival.seconds)) return DECLINED;
      const leapIndicator = status.leap;
      if (leapIndicator === leap.unsynchronized) return refuseUnsynchronized;
      if (arrival.seconds !== lineSeconds || leapIndicator !== lineLeap) {
        lineSeconds = arrival.seconds;
        lineLeap = leapIndicator;
        const text = formatDaytime(lineSeconds, options, leapIndicator);
        lineLength = encoder.encodeInto(text, line).written;
      }
      for (let i = 0; i < lineLength; i++) reply[i] = line[i] as number;
      return lineLength;
    },
  };
}
