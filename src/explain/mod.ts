/**
 * Explain an exchange octet by octet: live, from hexadecimal, or from a capture file.
 *
 * ## Explain
 *
 * {@linkcode explain}, {@linkcode Explanation}, {@linkcode SeenExchange}, {@linkcode TestVerdict},
 * {@linkcode NamedTest}, {@linkcode WireField}, {@linkcode WireProtocol}, {@linkcode guessProtocol}
 *
 * ## The calculation
 *
 * {@linkcode Measurement}, {@linkcode CalculationStep}, {@linkcode ExchangeTimes}
 *
 * ## Live
 *
 * {@linkcode recordExchange}, {@linkcode LiveExchange}
 *
 * ## Captures
 *
 * {@linkcode readExchanges}, {@linkcode ExchangeStream}, {@linkcode ReadExchangesOptions},
 * {@linkcode readCapture}, {@linkcode Capture}, {@linkcode exchangesOf},
 * {@linkcode FindExchangesOptions}, {@linkcode CapturedExchange}, {@linkcode Datagram},
 * {@linkcode DatagramAddress}, {@linkcode fromCapture}, {@linkcode CaptureError}
 *
 * @example The reply of a Time server
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { explain } from "@timesrv/timesrv/explain";
 *
 * const { reply = [] } = explain({
 *   protocol: "time",
 *   request: new Uint8Array(),
 *   reply: Uint8Array.fromHex("83aa7e80"),
 *   pivot: Temporal.Now.instant(),
 * });
 * assertEquals(reply[0]?.meaning, "2208988800 = 1970-01-01T00:00:00Z");
 * ```
 *
 * @module
 */
export type { CalculationStep } from "./calculation.ts";
export { CaptureError } from "./capture/frame.ts";
export type { Datagram, DatagramAddress } from "./capture/datagram.ts";
export {
  type CapturedExchange,
  exchangesOf,
  type FindExchangesOptions,
} from "./capture/exchanges.ts";
export { type Capture, readCapture } from "./capture/read_capture.ts";
export {
  type ExchangeStream,
  readExchanges,
  type ReadExchangesOptions,
} from "./capture/read_exchanges.ts";
export { explain } from "./explain.ts";
export type { Explanation, SeenExchange, TestVerdict } from "./explanation.ts";
export { guessProtocol } from "./wire_formats.ts";
export type { ExchangeTimes, Measurement, NamedTest, WireField } from "../protocols/protocol.ts";
export type { WireProtocol } from "../protocols/registry.ts";
export { fromCapture, type LiveExchange, recordExchange } from "./record.ts";
