import type { UnixTime } from "../clock/clock.ts";
import type { ClockStatus } from "../clock/status.ts";
import { quote } from "../text/json.ts";

/**
 * Why a datagram got no reply. The list is closed: each refusal increments exactly
 * one of these counters, and is logged at level `verbose` alone.
 *
 * - `declined`: the responder returned 0
 * - `looks_like_a_reply`: a reply to a reply would let two servers talk forever
 * - `malformed`: no request has this length or structure
 * - `version`: an NTP version other than 1 to 4
 * - `mode`: an NTP mode that is no request, or is not served
 * - `authentication`: it has a MAC or NTS, and there are no keys for it; or it has none, and the server requires one
 * - `unsynchronized`: the clock is not synchronised, and the protocol cannot report that
 * - `source_port`: it comes from port 0 or from a service that replies to anything, such as echo
 * - `source_address`: its sender is no single host, or this server itself
 * - `denied`: its sender is not allowed
 * - `rate_limited`: its sender exceeds the rate limit
 * - `not_unicast`: it was sent to a multicast or broadcast address, which cannot be the source of a reply
 * - `overload`: the maximum number of replies was under way
 * - `stopping`: it arrived during the shutdown, or its reply was not ready by the end of that
 * - `fault`: its reply was dropped by a fault of this listener
 */
export const refusalCauses = [
  "declined",
  "looks_like_a_reply",
  "malformed",
  "version",
  "mode",
  "authentication",
  "unsynchronized",
  "source_port",
  "source_address",
  "denied",
  "rate_limited",
  "not_unicast",
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
 * The number that a responder returns in place of a length to refuse a request:
 * 0 for `declined`, negative for the other causes.
 *
 * @param cause Why there is no reply
 * @returns Zero or a negative number, to be returned by {@linkcode Responder.respond}
 * @throws {SyntaxError} If there is no such cause
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { refusal } from "@timesrv/timesrv/protocols";
 *
 * assert(refusal("looks_like_a_reply") < 0);
 * ```
 */
export function refusal(cause: RefusalCause): Refusal {
  const index = refusalCauses.indexOf(cause);
  // A number above 0 would be the length of a reply.
  if (index < 0) throw new SyntaxError(`Unknown refusal cause ${quote(cause)}`);
  return 0 - index;
}

/** A request on its way through a responder, with room for its reply. The object is reused for the next one. */
export interface ServedExchange {
  /** The octets of the request, cut at {@linkcode REQUEST_CAPACITY}. */
  readonly request: Uint8Array;
  /** The place of the reply: {@linkcode REPLY_CAPACITY} octets. */
  readonly reply: Uint8Array;
  /** The sender. */
  readonly source: { readonly port: number };
  /** When the request arrived, by the served clock. */
  readonly arrival: Readonly<UnixTime>;
  /** The status of that clock then. */
  readonly status: ClockStatus;
  /** Set by `respond` where `finish` has something left to write. */
  isUnfinished: boolean;
  /** Set by `respond` of a service that speaks NTP and text: whether the reply is text. */
  isText: boolean;
  /** Set by `respond` where the reply has no time: a kiss-o'-death (KoD), or a crypto-NAK. */
  isKod: boolean;
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
   * Writes all of a reply that does not depend on when it leaves, and returns its length; after a refusal
   * nothing is sent.
   *
   * The built-in responders never throw on any input, never wait and allocate nothing per request. One
   * that returns a promise owns the exchange until it settles, and delays no other. After one that throws or
   * rejects nothing is sent: it is counted in `Totals.responderErrors` and reported (`ServeOptions.onError`).
   */
  respond(exchange: ServedExchange): Answer | Promise<Answer>;

  /**
   * Writes the parts that depend on the departure, as the last thing before replies leave together. It concerns
   * only exchanges whose `isUnfinished` is set, and clears that. It changes no length.
   *
   * @param batch Exchanges in the order in which their replies leave
   * @param first The place in it of the first reply that leaves now
   * @param end The place after that of the last one
   * @param departure When they leave, by the served clock: never a time that is still to come
   */
  finish?(
    batch: readonly ServedExchange[],
    first: number,
    end: number,
    departure: Readonly<UnixTime>,
  ): void;

  /**
   * Writes a kiss-o'-death (KoD), the reply to a client that is denied or exceeds the rate limit. Protocols
   * without one send such a client nothing.
   *
   * @param exchange The request
   * @param code The kiss code (RFC 5905 §7.4)
   * @returns The length, or a refusal
   */
  writeKod?(exchange: ServedExchange, code: KissCode): Answer;

  /**
   * Authenticates a finished reply anew, after its octets were changed.
   *
   * @param exchange The request, and the reply
   * @param length The length of the reply
   * @param flaw What is to be wrong with it, if it is by NTS
   * @returns The length with its MAC or NTS, if it has either
   */
  seal?(exchange: ServedExchange, length: Length, flaw?: NtsFlaw): Length;
}

/**
 * What can be wrong with the NTS of a reply, for tests of clients:
 *
 * - `nak`: an NTS NAK, as from a server that knows no such cookie
 * - `bad-tag`: an authenticator that is not right
 * - `other-id`: the unique identifier of another request, rightly authenticated
 * - `no-cookies`: a right authenticator, without new cookies
 * - `unsealed`: no authenticator
 */
export type NtsFlaw = "nak" | "bad-tag" | "other-id" | "no-cookies" | "unsealed";

/** The kiss codes of a server that limits rates and access (RFC 5905 §7.4). */
export type KissCode = "RATE" | "DENY";

/**
 * The most octets of a request that a responder sees, more than any request of the
 * built-in protocols has; a longer datagram is cut, not lost.
 */
export const REQUEST_CAPACITY = 2048;

/** The most octets that a responder may write: no reply is ever fragmented. */
export const REPLY_CAPACITY = 1232;
