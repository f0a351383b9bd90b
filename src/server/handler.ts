/** Handles every datagram, on either transport and in any thread: guard, arrival time, responder. */
import type { Clock, UnixTime } from "../clock/clock.ts";
import type { StampConverter } from "../clock/kernel_clocks.ts";
import type { ServedClock } from "../clock/served_clock.ts";
import type { Endpoint } from "../protocols/endpoint.ts";
import { type Answer, refusal, type Responder } from "../protocols/responder.ts";
import type { DatagramHandler, Exchange } from "../transports/exchange.ts";
import type { ClientTable } from "./clients/client_table.ts";
import type { RequestLog } from "./log/request_log.ts";
import { createObserver } from "./observer.ts";
import { withFaults } from "./faults/with_faults.ts";
import type { Faults } from "./faults/faults.ts";
import { type Guard, KOD_DENY, PASS } from "./guard/guard.ts";

export interface HandlerOptions {
  readonly guard: Guard;
  readonly responder: Responder;
  /** The clock of departures, and of arrivals where the transport has no timestamps. */
  readonly base: Clock;
  readonly clock: ServedClock;
  readonly faults?: Faults | undefined;
  /** Receives the faults that change a reply, before it leaves. */
  readonly onFaults?: ((exchange: Exchange, names: readonly string[]) => void) | undefined;
  readonly log?: RequestLog | undefined;
  /** Called with each error that the responder throws. */
  readonly onError?: ((endpoint: Endpoint, error: unknown) => void) | undefined;
  /** The counts of each client, if there are any. */
  readonly clients?: ClientTable | undefined;
  /**
   * Whether the transport stamps arrivals; otherwise the clock is read.
   *
   * @default {false}
   */
  readonly isStamped?: boolean;
  /** Converts the transport's timestamps where the base clock is another than theirs. */
  readonly stamps?: StampConverter | undefined;
}

export function createHandler(
  endpoint: Endpoint,
  options: HandlerOptions,
): DatagramHandler {
  const { guard, responder, base, clock, faults, onFaults, log, onError, clients } = options;
  const { isStamped = false, stamps } = options;
  const departure: UnixTime = { seconds: 0, nanoseconds: 0 };

  /** Writes a kiss-o'-death (KoD) to a request that is not admitted, if its protocol has one. */
  function writeKod(exchange: Exchange, verdict: number): Answer {
    const isDenied = verdict === KOD_DENY;
    const length = responder.writeKod?.(exchange, isDenied ? "DENY" : "RATE") ?? 0;
    if (length <= 0) return isDenied ? refuseDenied : refuseRate;
    exchange.isKod = true;
    return length;
  }

  function respond(exchange: Exchange): Answer | Promise<Answer> {
    const answer = responder.respond(exchange);
    const isRefused = typeof answer === "number" && answer <= 0;
    if (!isRefused) log?.request(endpoint, exchange.source, exchange.request);
    return answer;
  }

  function stamp(exchange: Exchange): void {
    base.read(exchange.arrival);
    clock.look();
    exchange.status = clock.toServed(exchange.arrival);
  }

  function finish(batch: readonly Exchange[], first: number, end: number): void {
    if (responder.finish === undefined) return;
    let next = first;
    while (next < end && !(batch[next] as Exchange).isUnfinished) next++;
    if (next === end) return;
    base.read(departure);
    clock.toServed(departure);
    responder.finish(batch, next, end, departure);
  }

  const { protocol } = endpoint;
  const reply = faults === undefined ? respond : withFaults(faults, {
    protocol,
    stamp,
    respond,
    finish: (exchange) => finish([exchange], 0, 1),
    seal: responder.seal?.bind(responder),
    onFaults,
  });

  function handle(exchange: Exchange): Answer | Promise<Answer> {
    const { source, arrival } = exchange;
    exchange.isUnfinished = false;
    exchange.isText = false;
    exchange.isKod = false;
    if (!isStamped) base.read(arrival);
    else if (stamps !== undefined) stamps.convert(arrival);
    const verdict = guard.admit(source, arrival);
    if (verdict !== PASS) return verdict < 0 ? verdict : writeKod(exchange, verdict);
    exchange.status = clock.toServed(arrival);
    return reply(exchange);
  }

  const observer = createObserver(endpoint, { log, clients, isStamped });
  return {
    begin(): void {
      guard.look();
      clock.look();
      stamps?.renew();
    },
    handle: observer === undefined ? handle : (exchange) => observer.follow(exchange, handle),
    refused: (exchange, refusal) => observer?.refused(exchange, refusal),
    finish,
    failed(operation, error): void {
      if (operation === "respond") onError?.(endpoint, error);
      log?.failed(endpoint, operation, error);
    },
  };
}

const refuseDenied = refusal("denied");
const refuseRate = refusal("rate_limited");
