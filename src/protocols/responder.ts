import type { UnixTime } from "../clock/clock.ts";
import type { ClockStatus } from "../clock/status.ts";

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

/** Why there is no reply, as a number: {@linkcode refusal} makes it, 0 or below. */
export type Refusal = number;

/** The length of a reply in octets, above 0. */
export type Length = number;

/** The outcome of a request: the length of its reply, or a refusal. */
export type Answer = Length | Refusal;

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
export function refusal(cause: RefusalCause): Refusal {
  return 0 - refusalCauses.indexOf(cause);
}

/** A request on its way through a responder, with room for its reply. The object is used again for the next one. */
export interface ServedExchange {
  /** The octets of the request, cut at {@linkcode REQUEST_CAPACITY}. */
  readonly request: Uint8Array;
  /** Where the reply goes: {@linkcode REPLY_CAPACITY} octets. */
  readonly reply: Uint8Array;
  /** The sender. */
  readonly source: { readonly port: number };
  /** When the request came, by the clock that is served. */
  readonly arrival: Readonly<UnixTime>;
  /** What that clock was worth then. */
  readonly status: ClockStatus;
  /** Set by `respond` where `finish` has something left to write. */
  isUnfinished: boolean;
}

/** When the replies of a batch leave. */
export interface Departures {
  /**
   * Writes the time at which a reply leaves, by the clock that is served: never one that is still to come.
   *
   * @param place The place of the reply in its batch
   * @param time Where the time goes
   */
  at(place: number, time: UnixTime): void;
}

/**
 * Answers the requests of one protocol, whatever the transport.
 *
 * @example A responder that answers "pong"
 * ```ts
 * import { serve } from "@timesrv/timesrv";
 * import type { Responder } from "@timesrv/timesrv/protocols";
 *
 * const pong: Responder = {
 *   respond: ({ reply }) => new TextEncoder().encodeInto("pong", reply).written,
 * };
 * await using server = await serve("asctime://127.0.0.1:0", { responder: pong });
 * ```
 */
export interface Responder {
  /**
   * Writes all of a reply that does not depend on when it leaves, and returns its length; a refusal
   * sends nothing.
   *
   * The built-in responders never throw on any input, never wait and allocate nothing per request. One
   * that returns a promise keeps the exchange until it settles, and delays no other.
   */
  respond(exchange: ServedExchange): Answer | Promise<Answer>;

  /**
   * Writes what depends on the departure, once for all replies that are about to leave together. Only
   * exchanges whose `isUnfinished` is set concern it; it clears that.
   *
   * @param batch The exchanges, in the order in which their replies leave; there may be more than `count`
   * @param count How many of them leave
   * @param departures When each of them does
   */
  finish?(batch: readonly ServedExchange[], count: number, departures: Departures): void;

  /**
   * Writes the reply to a client that may not ask, or not so often. A protocol that has no such reply
   * leaves the client without one.
   *
   * @param exchange The request
   * @param code The kiss code (RFC 5905 §7.4)
   * @returns The length, or a refusal
   */
  kiss?(exchange: ServedExchange, code: KissCode): Answer;
}

/** The kiss codes of a server that limits rates and access (RFC 5905 §7.4). */
export type KissCode = "RATE" | "DENY";

/**
 * How many octets of a request a responder gets to see. More than any request
 * of the protocols served here has; a longer datagram is cut, not lost.
 */
export const REQUEST_CAPACITY = 2048;

/** How many octets a responder may write: no reply is ever fragmented. */
export const REPLY_CAPACITY = 1232;
