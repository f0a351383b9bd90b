/** Records the exchanges of one listener on their way through its handler. */
import type { Finding } from "../../client/control_api.ts";
import type { UnixTime } from "../../clock/clock.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { WireProtocol } from "../../protocols/registry.ts";
import type { Answer } from "../../protocols/responder.ts";
import type { DatagramHandler, Exchange } from "../../transports/exchange.ts";
import type { ClientPast } from "./client_past.ts";

/** A request whose exchange is not over. */
export interface OpenExchange {
  readonly number: number;
  readonly time: Temporal.Instant;
  readonly atMs: number;
  readonly address: string;
  readonly port: number;
  readonly listener: string;
  readonly protocol: WireProtocol;
  readonly request: Uint8Array;
  faults: readonly string[];
  findings: readonly Finding[];
  past: ClientPast | undefined;
}

/** What became of a request: the octets of its reply, a refusal, or neither. */
export type Outcome =
  | { readonly outcome: "answered"; readonly reply: Uint8Array }
  | { readonly outcome: "refused"; readonly refusal: number }
  | { readonly outcome: "failed" | "unfinished" };

/** Where the exchanges of a listener are recorded. */
export interface ExchangeRecorder {
  /** Begins an exchange, unless there are too many in this second. */
  begin(
    endpoint: Endpoint,
    source: { readonly hostname: string; readonly port: number },
    request: Uint8Array,
  ): OpenExchange | undefined;
  /** Checks a request against the client's past, to which it is then added. */
  check(exchange: OpenExchange, servedArrival: Readonly<UnixTime>): void;
  /** Ends an exchange; `undefined` is one that was not recorded. */
  end(exchange: OpenExchange | undefined, outcome: Outcome): void;
}

export interface RecordedListener {
  /** Receives the faults that change a reply. */
  onFaults(exchange: Exchange, names: readonly string[]): void;
  /** Wraps the handler; only the main thread has recorders. */
  wrap(handler: DatagramHandler): DatagramHandler;
}

/** A reply that is on its way. */
interface Departing {
  readonly open: OpenExchange | undefined;
  length: number;
}

export function recordListener(recorder: ExchangeRecorder, endpoint: Endpoint): RecordedListener {
  const departing = new Map<Exchange, Departing>();
  return {
    onFaults(exchange, names): void {
      const { open } = departing.get(exchange) ?? {};
      if (open !== undefined) open.faults = names;
    },

    wrap(handler): DatagramHandler {
      /** Runs once the length or the refusal is known; a reply is then recorded by `finish`. */
      function settle(exchange: Exchange, own: Departing, answer: Answer): Answer {
        own.length = answer;
        if (answer > 0) return answer;
        departing.delete(exchange);
        recorder.end(own.open, { outcome: "refused", refusal: answer });
        return answer;
      }

      function fail(exchange: Exchange, { open }: Departing, error: unknown): never {
        departing.delete(exchange);
        recorder.end(open, { outcome: "failed" });
        throw error;
      }

      return {
        ...handler,
        handle(exchange): Answer | Promise<Answer> {
          const open = recorder.begin(endpoint, exchange.source, exchange.request);
          const own = { open, length: 0 };
          departing.set(exchange, own);
          let answer: Answer | Promise<Answer>;
          try {
            answer = handler.handle(exchange);
          } catch (error) {
            fail(exchange, own, error);
          }
          // Between the arrival and the departure that the reply states: it is not later than it claims.
          if (open !== undefined) recorder.check(open, exchange.arrival);
          if (typeof answer === "number") return settle(exchange, own, answer);
          return answer.then(
            (length) => settle(exchange, own, length),
            (error) => fail(exchange, own, error),
          );
        },

        finish(batch, first, end): void {
          handler.finish(batch, first, end);
          for (const exchange of batch.slice(first, end)) {
            const own = departing.get(exchange);
            if (own === undefined) continue;
            departing.delete(exchange);
            const reply = exchange.reply.slice(0, own.length);
            // The reply leaves first.
            queueMicrotask(() => recorder.end(own.open, { outcome: "answered", reply }));
          }
        },
      };
    },
  };
}
