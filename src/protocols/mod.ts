/**
 * The protocols: URLs of endpoints, codecs, responders and the reasons for which they stay silent.
 *
 * ## Endpoints
 *
 * {@linkcode parseEndpoint}, {@linkcode formatEndpoint}, {@linkcode Endpoint},
 * {@linkcode defaultPorts}, {@linkcode Protocol}, {@linkcode Replies}
 *
 * ## NTP
 *
 * {@linkcode decodeNtpPacket}, {@linkcode encodeNtpPacket}, {@linkcode NtpPacket},
 * {@linkcode NtpTimestamp}, {@linkcode NtpMeasurement}
 *
 * ## Text and Time
 *
 * {@linkcode formatAsctime}, {@linkcode AsctimeOptions}, {@linkcode parseAsctime},
 * {@linkcode formatDaytime}, {@linkcode parseDaytime}, {@linkcode DaytimeOptions},
 * {@linkcode DaytimeFormat}, {@linkcode DaytimeReading}, {@linkcode daytimeFormats},
 * {@linkcode parseTime}, {@linkcode DecodeError}
 *
 * ## Responders
 *
 * {@linkcode Responder}, {@linkcode ServedExchange}, {@linkcode Answer}, {@linkcode Length},
 * {@linkcode Refusal}, {@linkcode refusal}, {@linkcode RefusalCause}, {@linkcode refusalCauses},
 * {@linkcode KissCode}, {@linkcode NtsFlaw}, {@linkcode ClockStatus}, {@linkcode REQUEST_CAPACITY},
 * {@linkcode REPLY_CAPACITY}
 *
 * @example Encode and decode
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatAsctime, parseAsctime, parseEndpoint } from "@timesrv/timesrv/protocols";
 *
 * assertEquals(parseEndpoint("ntp://[::1]").port, 123);
 * const text = formatAsctime(1_585_948_176, { utc: true });
 * const { time } = parseAsctime(new TextEncoder().encode(text));
 * assertEquals(time.toString(), "2020-04-03T21:09:36");
 * ```
 *
 * @module
 */
export type { ClockStatus } from "../clock/status.ts";
export { type AsctimeOptions, formatAsctime } from "./asctime/service.ts";
export { parseAsctime } from "./asctime/parse.ts";
export {
  type DaytimeFormat,
  daytimeFormats,
  type DaytimeOptions,
  formatDaytime,
} from "./daytime/service.ts";
export { type DaytimeReading, parseDaytime } from "./daytime/parse.ts";
export { DecodeError } from "./decode_error.ts";
export { defaultPorts, type Endpoint, formatEndpoint, parseEndpoint } from "./endpoint.ts";
export { decodeNtpPacket, encodeNtpPacket, type NtpPacket } from "./ntp/packet.ts";
export type { NtpMeasurement } from "./ntp/measurement.ts";
export type { NtpTimestamp } from "./ntp/timestamp.ts";
export type { Protocol, Replies } from "./registry.ts";
export {
  type Answer,
  type KissCode,
  type Length,
  type NtsFlaw,
  type Refusal,
  refusal,
  type RefusalCause,
  refusalCauses,
  REPLY_CAPACITY,
  REQUEST_CAPACITY,
  type Responder,
  type ServedExchange,
} from "./responder.ts";
export { parseTime } from "./time/parse.ts";
