import type { Clock, UnixTime } from "../clock/clock.ts";

/**
 * Why a datagram got no answer. The list is closed: each refusal bumps exactly
 * one of these counters and is never logged by itself.
 *
 * - `declined`: the responder had nothing to say
 * - `looks-like-a-reply`: answering an answer would let two servers talk forever
 * - `malformed`: its length or structure is none a request can have
 * - `version`: an NTP version other than 1 to 4
 * - `mode`: an NTP mode that asks for nothing, or for what is not served
 * - `authentication`: it wants a MAC or NTS, and there are no keys
 * - `unsynchronized`: the clock is not fit to be told, and the protocol cannot say so
 * - `source-port`: it comes from port 0 or from a service that answers anything, such as echo
 * - `source-address`: its sender can be no single host, or is this server itself
 * - `denied`: who sent it may not ask
 * - `rate-limited`: who sent it asks too often
 * - `not-unicast`: it was sent to a group or to everybody, and so has no address to be answered from
 * - `overload`: as many answers were already under way as the bound allows
 * - `stopping`: it came while the server was shutting down, or its answer was not done by the end of that
 * - `fault`: its answer was dropped on purpose, as a fault of this listener
 */
export const refusalCauses = [
  "declined",
  "looks-like-a-reply",
  "malformed",
  "version",
  "mode",
  "authentication",
  "unsynchronized",
  "source-port",
  "source-address",
  "denied",
  "rate-limited",
  "not-unicast",
  "overload",
  "stopping",
  "fault",
] as const;

/** One of {@linkcode refusalCauses}. */
export type RefusalCause = (typeof refusalCauses)[number];

/**
 * The number a responder returns in place of a length to stay silent for a
 * named cause: 0 for `declined`, negative for the others.
 *
 * @param cause Why there is no answer
 * @returns Zero or a negative number, to be returned by {@linkcode Responder.respond}
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { refusal } from "@timesrv/timesrv/protocols";
 *
 * assert(refusal("looks-like-a-reply") < 0);
 * ```
 */
export function refusal(cause: RefusalCause): number {
  return 0 - refusalCauses.indexOf(cause);
}

/**
 * Answers the requests of one protocol, whatever the transport.
 *
 * @example A responder that says "pong"
 * ```ts
 * import type { Responder } from "@timesrv/timesrv/protocols";
 * import { serve } from "@timesrv/timesrv";
 *
 * const pong: Responder = {
 *   respond: (_request, reply) => new TextEncoder().encodeInto("pong", reply).written,
 * };
 * await using server = await serve("asctime://127.0.0.1:0", { responder: pong });
 * ```
 */
export interface Responder {
  /**
   * Writes the answer to one request and returns its length in octets; zero or
   * a negative number ({@linkcode refusal}) says nothing.
   *
   * The built-in responders never throw on any input, never wait and allocate
   * nothing per request. One that returns a promise keeps its buffers until it
   * settles, and delays nobody else.
   *
   * @param request The octets that came, cut at the transport's buffer size
   * @param reply Where the answer goes: {@linkcode REPLY_CAPACITY} octets owned by the caller
   * @param arrival When the request came, by `clock`
   * @param clock The time being served
   * @param sourcePort The port the request came from
   */
  respond(
    request: Uint8Array,
    reply: Uint8Array,
    arrival: Readonly<UnixTime>,
    clock: Clock,
    sourcePort: number,
  ): number | Promise<number>;

  /**
   * Writes what tells a client that it may not ask, or not so often, and returns its length in octets;
   * zero or a negative number where the request is none, or there is nothing of the kind. A protocol
   * without it leaves such clients without an answer.
   *
   * @param request The octets that came
   * @param reply Where it goes
   * @param code What to say: NTP's kiss codes (RFC 5905 §7.4)
   * @param sourcePort The port the request came from
   */
  kiss?(request: Uint8Array, reply: Uint8Array, code: KissCode, sourcePort: number): number;
}

/** That a client asks too often, or may not ask at all. */
export type KissCode = "RATE" | "DENY";

/**
 * How many octets of a request a responder gets to see. More than any request
 * of the protocols served here has; a longer datagram is cut, not lost.
 */
export const REQUEST_CAPACITY = 2048;

/** How many octets a responder may write: no reply is ever fragmented. */
export const REPLY_CAPACITY = 1232;
