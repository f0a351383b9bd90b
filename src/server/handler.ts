/** The way of every datagram, on whichever transport and thread: guard, arrival time, responder. */
import type { Clock } from "../clocks/clock.ts";
import type { ClockStatus } from "../clocks/clock_status.ts";
import { asctimeResponder } from "../protocols/asctime.ts";
import { autoResponder } from "../protocols/auto.ts";
import { type DaytimeFormat, daytimeResponder } from "../protocols/daytime.ts";
import type { Endpoint, Protocol } from "../protocols/endpoint.ts";
import { ntpResponder } from "../protocols/ntp/responder.ts";
import type { Responder } from "../protocols/responder.ts";
import { timeResponder } from "../protocols/time.ts";
import type { DatagramHandler, Operation } from "../transports/exchange.ts";
import { guardRefusal } from "./guard.ts";

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
  /** Who answers. */
  readonly responder: Responder;
  /** The time to serve. */
  readonly clock: Clock;
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
  { responder, clock, log, isStamped = false }: HandlerOptions,
): DatagramHandler {
  return {
    handle(exchange): number | Promise<number> {
      const { source, arrival } = exchange;
      if (!isStamped) clock.read(arrival);
      const refused = guardRefusal(source);
      if (refused !== undefined) return refused;
      const answer = responder.respond(
        exchange.request,
        exchange.reply,
        arrival,
        clock,
        source.port,
      );
      // What is refused is counted, never logged: a stranger could fill the log with it.
      const isRefused = typeof answer === "number" && answer <= 0;
      if (!isRefused) log?.request(endpoint, source, exchange.request.length);
      return answer;
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

/** 32 bits that nobody can foresee, some hundred of them fetched at a time. */
const random32 = (() => {
  const pool = new Uint32Array(256);
  let left = 0;
  return (): number => {
    if (left === 0) {
      crypto.getRandomValues(pool);
      left = pool.length;
    }
    return pool[--left] as number;
  };
})();
