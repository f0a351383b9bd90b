/** What a server did lately, in the log at regular intervals. */
import { type RefusalCause, refusalCauses } from "../protocols/responder.ts";
import type { Totals } from "../transports/counters.ts";
import type { ServerLog } from "./log.ts";

/**
 * Logs every so often what a server has done since the last time, until it is disposed of.
 *
 * @param server Whose totals are told
 * @param log Where, whatever its level
 * @param intervalMs How often, up to 2^31 - 1
 */
export function logIntervals(
  server: { readonly totals: Totals },
  log: Pick<ServerLog, "interval">,
  intervalMs: number,
): Disposable {
  let before = server.totals;
  let beforeMs = performance.now();
  const timer = setInterval(() => {
    const [totals, nowMs] = [server.totals, performance.now()];
    log.interval(difference(totals, before), (nowMs - beforeMs) / 1000);
    [before, beforeMs] = [totals, nowMs];
  }, intervalMs);
  Deno.unrefTimer(timer as unknown as number);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function difference(now: Totals, before: Totals): Totals {
  const refused = refusalCauses.map((cause) => [cause, now.refused[cause] - before.refused[cause]]);
  return {
    received: now.received - before.received,
    answered: now.answered - before.answered,
    kisses: now.kisses - before.kisses,
    copies: now.copies - before.copies,
    refused: Object.fromEntries(refused) as Record<RefusalCause, number>,
    responderErrors: now.responderErrors - before.responderErrors,
    receiveErrors: now.receiveErrors - before.receiveErrors,
    sendErrors: now.sendErrors - before.sendErrors,
  };
}
