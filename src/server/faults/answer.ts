/** The way of an answer through the faults of its listener. */
import type { Protocol } from "../../protocols/registry.ts";
import { NTP_HEADER_LENGTH } from "../../protocols/ntp/packet.ts";
import { type Answer, refusal } from "../../protocols/responder.ts";
import { counter, type Counters } from "../../transports/counters.ts";
import type { Exchange } from "../../transports/exchange.ts";
import type { Draft } from "./effect.ts";
import type { Faults } from "./faults.ts";

/** Answers a request that has passed the guard. */
type Respond = (exchange: Exchange) => Answer | Promise<Answer>;

/** What {@linkcode withFaults} has to know of the listener. */
export interface FaultyListener {
  readonly protocol: Protocol;
  /** Where kisses are counted. */
  readonly counters: Counters;
  /** Says that a request has come now, by the clock that is served. */
  readonly stamp: (exchange: Exchange) => void;
  /** Answers as if nothing went wrong. */
  readonly answer: Respond;
  /** Finishes the reply as if it left now. */
  readonly finish: (exchange: Exchange) => void;
}

const refuseFault = refusal("fault");

/**
 * Has the answers of a listener go wrong. What happens is decided as a request comes, so that the order
 * of decisions is that of requests, however long answers take.
 */
export function withFaults(
  faults: Faults,
  { protocol, counters, stamp, answer, finish }: FaultyListener,
): Respond {
  const { waits } = faults;
  const speaksNtp = protocol === "ntp" || protocol === "auto";

  return async (exchange) => {
    const triggered = faults.next(exchange.source);
    let requestDelayMs = 0;
    for (const { rule, random } of triggered) {
      requestDelayMs += rule.effect.requestDelayMs?.(random) ?? 0;
    }
    if (requestDelayMs > 0) {
      await waits.wait(requestDelayMs);
      stamp(exchange);
    }
    const { request, reply } = exchange;
    const length = await answer(exchange);
    if (length <= 0) return length;
    // Faults change a whole reply; a delay stands for time on the way, which comes after it was sent.
    finish(exchange);
    // Of what these speak nothing else is as long.
    const isNtp = speaksNtp && length >= NTP_HEADER_LENGTH;
    const draft: Draft = {
      request,
      reply,
      length,
      earlier: faults.recall(reply.subarray(0, length), isNtp),
      isKiss: false,
      isDropped: false,
      delayMs: 0,
      holdMs: 0,
      copies: 0,
      isFromOtherPort: false,
    };
    for (const { rule, random } of triggered) {
      if (isNtp || !rule.isNtp) rule.effect.apply?.(draft, random);
    }
    if (draft.isDropped) return refuseFault;
    if (draft.isKiss) counters.count(counter.kisses);
    if (draft.delayMs > 0) await waits.wait(draft.delayMs);
    if (draft.holdMs > 0) await waits.hold(draft.holdMs);
    const { copies, isFromOtherPort } = draft;
    exchange.delivery = { copies, isFromOtherPort, left: () => waits.left() };
    return draft.length;
  };
}
