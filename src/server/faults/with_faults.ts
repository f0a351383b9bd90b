/** Applies the faults of a listener to its replies. */
import type { Protocol } from "../../protocols/registry.ts";
import { NTP_HEADER_LENGTH } from "../../protocols/ntp/packet.ts";
import { isNtsRequest } from "../../protocols/ntp/trailer.ts";
import { type Answer, type NtsFlaw, refusal } from "../../protocols/responder.ts";
import type { Exchange } from "../../transports/exchange.ts";
import { passesForRequest } from "./damage.ts";
import type { Draft } from "./effect.ts";
import type { Faults } from "./faults.ts";
import type { FaultName } from "./options.ts";

type Respond = (exchange: Exchange) => Answer | Promise<Answer>;

export interface FaultyListener {
  readonly protocol: Protocol;
  /** Sets the arrival of a request to the time served now. */
  readonly stamp: (exchange: Exchange) => void;
  readonly respond: Respond;
  /** Finishes the reply as if it left now. */
  readonly finish: (exchange: Exchange) => void;
  /** Authenticates the reply anew, and returns its length. */
  readonly seal?: ((exchange: Exchange, length: number, flaw?: NtsFlaw) => number) | undefined;
  /** Receives the faults that change a reply, before it leaves. */
  readonly onFaults?: ((exchange: Exchange, names: readonly FaultName[]) => void) | undefined;
}

const refuseFault = refusal("fault");

/**
 * Adds faults to the replies of a listener. They are drawn when a request arrives, so that their order is
 * that of the requests, however long replies take.
 */
export function withFaults(
  faults: Faults,
  { protocol, stamp, respond, finish, seal, onFaults }: FaultyListener,
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
    const length = await respond(exchange);
    if (length <= 0) return length;
    // Faults change a whole reply; a delay stands for the network, which comes after the departure.
    finish(exchange);
    // The other replies of these protocols are shorter.
    const isNtp = speaksNtp && length >= NTP_HEADER_LENGTH;
    const isNts = isNtp && !exchange.isKod && isNtsRequest(request);
    const isRequest = passesForRequest(request);
    const draft: Draft = {
      request,
      reply,
      length,
      earlier: faults.recall(reply.subarray(0, length), isNtp),
      isKiss: exchange.isKod,
      flaw: undefined,
      isDropped: false,
      delayMs: 0,
      holdMs: 0,
      copies: 0,
      isFromOtherPort: false,
    };
    let [isDamaged, isSealed] = [false, true];
    const applied: FaultName[] = [];
    for (const { rule: { name, kind, effect }, random } of triggered) {
      if (kind.isNtp && !isNtp || kind.isNts && !isNts || kind.isDamage && !isRequest) continue;
      if (effect.keyExchange !== undefined) continue;
      applied.push(name);
      effect.apply?.(draft, random);
      if (kind.isDamage) isDamaged = true;
      if (kind.isUnsealed) isSealed = false;
    }
    if (applied.length > 0) onFaults?.(exchange, applied);
    if (draft.isDropped) return refuseFault;
    // A client under test gets wrong values with a right MAC, if it has asked for one.
    if (seal && isNtp && isSealed && applied.length > 0) {
      draft.length = seal(exchange, draft.length, draft.flaw);
    }
    if (isDamaged && passesForRequest(reply.subarray(0, draft.length))) return refuseFault;
    exchange.isKod = draft.isKiss;
    if (draft.delayMs > 0) await waits.wait(draft.delayMs);
    if (draft.holdMs > 0) await waits.hold(draft.holdMs);
    const { copies, isFromOtherPort } = draft;
    exchange.delivery = { copies, isFromOtherPort, left: () => waits.left() };
    return draft.length;
  };
}
