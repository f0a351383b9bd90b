/** Follows requests through a handler, for the log of refused ones and the counts of each client. */
import type { Endpoint } from "../protocols/endpoint.ts";
import { field } from "../protocols/ntp/packet.ts";
import { getUint32 } from "../protocols/octets.ts";
import { encodeKind } from "../protocols/request_kind.ts";
import { type Answer, type Refusal, refusal, refusalCauses } from "../protocols/responder.ts";
import { formatReferenceId } from "../text/reference_id.ts";
import type { Exchange } from "../transports/exchange.ts";
import { type ClientTable, type Outcome, outcome } from "./clients/client_table.ts";
import type { RequestLog } from "./log/request_log.ts";

interface Observer {
  /** Has a request handled, and notes the answer. */
  follow(
    exchange: Exchange,
    handle: (exchange: Exchange) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer>;
  /** Notes a request that was refused before it came to a handler. */
  refused(exchange: Exchange, refusal: Refusal): void;
}

export interface ObserverOptions {
  readonly log: RequestLog | undefined;
  readonly clients: ClientTable | undefined;
  /** Whether exchanges have the time of their arrival before they are handled. */
  readonly isStamped: boolean;
}

/** Makes the observer of a listener; undefined if nothing is to be noted: handling then costs nothing more. */
export function createObserver(
  endpoint: Endpoint,
  { log, clients, isStamped }: ObserverOptions,
): Observer | undefined {
  const refusalLog = log?.logsRefusals ? log : undefined;
  if (refusalLog === undefined && clients === undefined) return undefined;

  /** The time by this machine's clock: the handler then turns the arrival into served time. */
  function readNow({ arrival: { seconds, nanoseconds } }: Exchange): number {
    return isStamped ? seconds * 1000 + nanoseconds / 1e6 : Date.now();
  }

  function note(exchange: Exchange, nowMs: number, answer: Answer): void {
    const { source, request, isKod } = exchange;
    const result = answer <= 0
      ? outcomes[-answer] ?? outcome.refused
      : isKod
      ? outcome.kisses
      : outcome.answered;
    clients?.count(source, nowMs, result, encodeKind(endpoint.protocol, request));
    if (refusalLog === undefined || result === outcome.answered) return;
    const cause = answer > 0 ? `KoD ${readKissCode(exchange.reply)}` : refusalCauses[-answer];
    refusalLog.refused(endpoint, source, request, cause ?? "declined");
  }

  function fail(exchange: Exchange, nowMs: number, error: unknown): never {
    const kind = encodeKind(endpoint.protocol, exchange.request);
    clients?.count(exchange.source, nowMs, outcome.failed, kind);
    throw error;
  }

  return {
    follow(exchange, handle): Answer | Promise<Answer> {
      const nowMs = readNow(exchange);
      try {
        const answer = handle(exchange);
        if (typeof answer === "number") {
          note(exchange, nowMs, answer);
          return answer;
        }
        return answer.then((length) => {
          note(exchange, nowMs, length);
          return length;
        }, (error) => fail(exchange, nowMs, error));
      } catch (error) {
        return fail(exchange, nowMs, error);
      }
    },
    refused(exchange, refusal): void {
      note(exchange, readNow(exchange), refusal);
    },
  };
}

function readKissCode(reply: Uint8Array): string {
  return formatReferenceId(getUint32(reply, field.referenceId), 0);
}

/** The counts of refusals by their place in the list of causes; all others are `refused`. */
const outcomes: Readonly<Record<number, Outcome>> = {
  [-refusal("denied")]: outcome.denied,
  [-refusal("rate_limited")]: outcome.limited,
};
