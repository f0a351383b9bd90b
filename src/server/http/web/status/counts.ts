/** The counts of a server, and what each second adds to them. */
import { refusalCauses } from "../../../../protocols/responder.ts";
import { repliesByProtocol, type Totals } from "../../../../transports/counters.ts";
import type { ControlledServer } from "../../call.ts";

/** Counts since the start, or of one second. */
export interface Counts {
  readonly received: number;
  readonly replies: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly kisses: number;
  readonly errors: number;
  /** Key exchanges of NTS by outcome, if it is served. */
  readonly keyExchanges?: Readonly<Record<string, number>>;
  /** Replies and refusals of each listener. */
  readonly listeners: readonly (readonly [replies: number, refused: number])[];
}

export function countsOf({ totals, listeners, nts }: ControlledServer): Counts {
  const { received, refused, kisses, responderErrors, receiveErrors, sendErrors } = totals();
  const each = listeners.map(({ protocol, totals }) => ({ protocol, totals: totals() }));
  const replies: Record<string, number> = {};
  for (const { protocol, totals } of each) {
    for (const [spoken, count] of repliesByProtocol(protocol, totals)) {
      replies[spoken] = (replies[spoken] ?? 0) + count;
    }
  }
  return {
    received,
    replies,
    refused,
    kisses,
    errors: responderErrors + receiveErrors + sendErrors,
    ...nts && { keyExchanges: nts.report.keyExchanges },
    listeners: each.map(({ totals }) => [totals.answered, refusalsOf(totals)]),
  };
}

function refusalsOf({ refused }: Pick<Totals, "refused">): number {
  return refusalCauses.reduce((sum, cause) => sum + refused[cause], 0);
}

/** The counts of a second; causes without a refusal are left out, and outcomes without a key exchange. */
export function subtract(now: Counts, before: Counts): Counts {
  const increments = (
    a: Counts["replies"],
    b: Counts["replies"] = {},
  ): [string, number][] => Object.entries(a).map(([name, count]) => [name, count - (b[name] ?? 0)]);
  return {
    received: now.received - before.received,
    replies: Object.fromEntries(increments(now.replies, before.replies)),
    refused: Object.fromEntries(
      increments(now.refused, before.refused).filter(([, count]) => count > 0),
    ),
    kisses: now.kisses - before.kisses,
    errors: now.errors - before.errors,
    ...now.keyExchanges && {
      keyExchanges: Object.fromEntries(
        increments(now.keyExchanges, before.keyExchanges).filter(([, count]) => count > 0),
      ),
    },
    listeners: now.listeners.map(([replies, refused], i) => {
      const [repliesBefore = 0, refusedBefore = 0] = before.listeners[i] ?? [];
      return [replies - repliesBefore, refused - refusedBefore];
    }),
  };
}
