/** Runs responders without a network. */
import { assertEquals } from "@std/assert";
import type { UnixTime } from "../../src/clock/clock.ts";
import type { ClockStatus } from "../../src/clock/status.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import {
  type Answer,
  type RefusalCause,
  refusalCauses,
  REPLY_CAPACITY,
  type Responder,
  type ServedExchange,
} from "../../src/protocols/responder.ts";
import { createService, type ServiceOptions } from "../../src/protocols/services.ts";

/** Friday, 2020-04-03T21:09:36.123456789Z. */
export const NOW: UnixTime = { seconds: 1_585_948_176, nanoseconds: 123_456_789 };

/** A synchronised clock; each field has a value of its own. */
export const STATUS: ClockStatus = {
  leap: 1,
  stratum: 7,
  referenceId: 0xc0000201,
  rootDelaySeconds: 0.25,
  rootDispersionSeconds: 0.5,
  dispersionRate: 15e-6,
  referenceSeconds: NOW.seconds - 99,
  precision: -20,
};

/** The same clock, not synchronised. */
export const UNSYNCHRONIZED_STATUS: ClockStatus = { ...STATUS, leap: 3 };

/** The time that many nanoseconds later. */
export function later(time: Readonly<UnixTime>, nanoseconds: bigint): UnixTime {
  const sum = BigInt(time.nanoseconds) + nanoseconds;
  const past = BigInt.asUintN(64, (sum % 1_000_000_000n + 1_000_000_000n) % 1_000_000_000n);
  return {
    seconds: time.seconds + Number((sum - past) / 1_000_000_000n),
    nanoseconds: Number(past),
  };
}

/** The built-in responder of a protocol as a server has it, in UTC and without random bits unless options are given. */
export function builtIn(protocol: Protocol, options: Partial<ServiceOptions> = {}): Responder {
  return createService(protocol, {
    utc: true,
    daytimeFormat: "ctime",
    random32: () => 0,
    ...options,
  });
}

/** Options of {@linkcode ask}. */
export interface AskOptions {
  /** When the request comes. */
  readonly at?: Readonly<UnixTime>;
  /** When the reply leaves; by default at the same moment. */
  readonly then?: Readonly<UnixTime>;
  /** The status of the clock. */
  readonly status?: ClockStatus;
  /** The port that the request comes from. */
  readonly port?: number;
}

const UNTOUCHED = 0xa5;
const reply = new Uint8Array(REPLY_CAPACITY);

/** An exchange as a transport has it. */
export function exchangeOf(
  request: Uint8Array,
  reply: Uint8Array,
  { at = NOW, status = STATUS, port = 51402 }: AskOptions = {},
): ServedExchange {
  return {
    request,
    reply,
    arrival: at,
    status,
    source: { port },
    isUnfinished: false,
    isText: false,
    isKod: false,
  };
}

/** Writes the reply to one request, finished as if it left alone. */
export function respondOnce(
  responder: Responder,
  exchange: ServedExchange,
  then: Readonly<UnixTime> = exchange.arrival,
): Answer | Promise<Answer> {
  const length = responder.respond(exchange);
  finishAt(responder, exchange, then);
  assertEquals(exchange.isUnfinished, false, "finish() leaves nothing unfinished");
  return length;
}

/** Finishes a reply that leaves alone at a time. */
export function finishAt(
  responder: Responder,
  exchange: ServedExchange,
  then: Readonly<UnixTime>,
): void {
  responder.finish?.([exchange], 0, 1, then);
}

/** A copy of the reply, or why there is none; nothing may be written beyond it. */
export function ask(
  responder: Responder,
  request: Uint8Array,
  options: AskOptions = {},
): Uint8Array<ArrayBuffer> | RefusalCause {
  reply.fill(UNTOUCHED);
  const length = respondOnce(responder, exchangeOf(request, reply, options), options.then);
  if (typeof length !== "number") throw new Error("A built-in responder never waits");
  for (let i = Math.max(length, 0); i < reply.length; i++) {
    if (reply[i] !== UNTOUCHED) assertEquals(i, length, "nothing is written past the length");
  }
  return length > 0 ? reply.slice(0, length) : refusalCauses[-length] ?? "declined";
}

/** A copy of the reply; fails if there is none. */
export function answer(
  responder: Responder,
  request: Uint8Array,
  options?: AskOptions,
): Uint8Array<ArrayBuffer> {
  const answered = ask(responder, request, options);
  if (typeof answered === "string") throw new Error(`There is no answer: ${answered}`);
  return answered;
}

/** The octets of a text, each of its characters one. */
export function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Octets written in hexadecimal; white space is for people. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text.replace(/\s/g, ""));
}
