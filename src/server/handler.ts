/** The way of every datagram, on whichever transport and thread: guard, arrival time, responder. */
import type { Clock, UnixTime } from "../clock/clock.ts";
import type { ClockStatus } from "../clock/status.ts";
import type { ServedClock } from "../clock/served_clock.ts";
import { asctimeResponder } from "../protocols/asctime/service.ts";
import { autoResponder } from "../protocols/auto.ts";
import type { DaytimeFormat } from "../protocols/daytime/codec.ts";
import { daytimeResponder } from "../protocols/daytime/service.ts";
import type { Endpoint, Protocol } from "../protocols/endpoint.ts";
import { ntpResponder } from "../protocols/ntp/service.ts";
import { refusal, type Responder } from "../protocols/responder.ts";
import { timeResponder } from "../protocols/time/service.ts";
import type { DatagramHandler, Exchange, Operation } from "../transports/exchange.ts";
import type { Counters } from "../transports/counters.ts";
import { withFaults } from "./faults/answer.ts";
import type { Faults } from "./faults/faults.ts";
import { type Guard, KISS_DENY, PASS } from "./guard/guard.ts";
import { random32 } from "../system/random.ts";

/** Who hears of what a server does with datagrams. */
export interface RequestLog {
  /** Hears of a request that is answered. */
  request(
    endpoint: Endpoint,
    source: { readonly hostname: string; readonly port: number },
    octets: number,
  ): void;
  /** Hears of a failure that was survived. */
  failed(endpoint: Endpoint, operation: Operation, error: unknown): void;
}

/** What a handler is made of. */
export interface HandlerOptions {
  /** Who may ask. */
  readonly guard: Guard;
  /** Who answers. */
  readonly responder: Responder;
  /** The clock that tells when a request came, where the transport does not. */
  readonly base: Clock;
  /** The time to serve, made from it. */
  readonly clock: ServedClock;
  /** Where kisses are counted; all else is the transport's to count. */
  readonly counters: Counters;
  /** What goes wrong with the answers, on purpose; nothing without it. */
  readonly faults?: Faults | undefined;
  /** Who hears of it; nobody without it. */
  readonly log?: RequestLog | undefined;
  /**
   * Whether the transport knows when a datagram came; otherwise the clock is read.
   *
   * @default {false}
   */
  readonly isStamped?: boolean;
}

/** Handles what comes to one listener. */
export function createHandler(
  endpoint: Endpoint,
  { guard, responder, base, clock, counters, faults, log, isStamped = false }: HandlerOptions,
): DatagramHandler {
  /** Tells a client not to ask, where its protocol has words for it. */
  function kiss({ request, reply, source }: Exchange, verdict: number): number {
    const isDenied = verdict === KISS_DENY;
    const length = responder.kiss?.(request, reply, isDenied ? "DENY" : "RATE", source.port) ?? 0;
    if (length <= 0) return isDenied ? refuseDenied : refuseRate;
    counters.kisses++;
    return length;
  }

  function respond({ request, reply, arrival, source }: Exchange): number | Promise<number> {
    const answer = responder.respond(request, reply, arrival, clock, source.port);
    // What is refused is counted, never logged: a stranger could fill the log with it.
    const isRefused = typeof answer === "number" && answer <= 0;
    if (!isRefused) log?.request(endpoint, source, request.length);
    return answer;
  }

  function stamp({ arrival }: Exchange): void {
    base.read(arrival);
    arrive(arrival);
  }

  /** From here on, all of the answer is made from one reading of the page. */
  function arrive(arrival: UnixTime): void {
    clock.look();
    clock.toServed(arrival);
  }

  const { protocol } = endpoint;
  const answer = faults === undefined
    ? respond
    : withFaults(faults, { protocol, counters, stamp, answer: respond });

  return {
    handle(exchange): number | Promise<number> {
      const { source, arrival } = exchange;
      if (!isStamped) base.read(arrival);
      const verdict = guard.judge(source, arrival);
      if (verdict !== PASS) return verdict < 0 ? verdict : kiss(exchange, verdict);
      arrive(arrival);
      return answer(exchange);
    },
    failed: (operation, error) => log?.failed(endpoint, operation, error),
  };
}

/** What the built-in services are told, besides the time. */
export interface ServiceOptions {
  /** Whether texts that carry no zone say UTC. */
  readonly utc: boolean;
  /** The form of the Daytime lines. */
  readonly daytimeFormat: DaytimeFormat;
}

/** The built-in responder of a protocol. */
export function createResponder(
  protocol: Protocol,
  { utc, daytimeFormat }: ServiceOptions,
  status: () => ClockStatus,
): Responder {
  switch (protocol) {
    case "asctime":
      return asctimeResponder({ utc });
    case "auto":
      return autoResponder({
        ntp: ntpResponder({ status, random32 }),
        text: asctimeResponder({ utc }),
      });
    case "daytime":
      return daytimeResponder({ status, utc, format: daytimeFormat });
    case "time":
      return timeResponder({ status });
    case "ntp":
      return ntpResponder({ status, random32 });
  }
}

const refuseDenied = refusal("denied");
const refuseRate = refusal("rate-limited");
