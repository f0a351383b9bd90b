import { NTP_HEADER_LENGTH } from "../protocols/ntp/packet.ts";
import { TIME_REPLY_LENGTH } from "../protocols/time/codec.ts";
import { isNtpRequest } from "./capture/exchanges.ts";
import type { WireProtocol } from "./explanation.ts";

const LINE_FEED = 0x0a;

/**
 * Guesses what octets speak, where neither a URL nor a port tells.
 *
 * @param request What was sent; may be empty
 * @param reply What came back; may be empty
 * @returns The protocol that looks most like it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { guessProtocol } from "@timesrv/timesrv/explain";
 *
 * const nothing = new Uint8Array();
 * assertEquals(guessProtocol(nothing, Uint8Array.fromHex("83aa7e80")), "time");
 * const text = new TextEncoder().encode("Fri Apr  3 21:09:36 2020");
 * assertEquals(guessProtocol(nothing, text), "asctime");
 * ```
 */
export function guessProtocol(request: Uint8Array, reply: Uint8Array): WireProtocol {
  if (isNtpRequest(request) || reply.length >= NTP_HEADER_LENGTH && reply.includes(0)) return "ntp";
  if (reply.length <= 2 * TIME_REPLY_LENGTH) return "time";
  return reply.at(-1) === LINE_FEED ? "daytime" : "asctime";
}
