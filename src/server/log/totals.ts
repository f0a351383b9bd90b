import { refusalCauses } from "../../protocols/responder.ts";
import { formatCount, formatPlural } from "../../text/units.ts";
import type { Totals } from "../../transports/counters.ts";

/**
 * Formats totals for people:
 * `4 received, 2 answered (0.2/s), 1 KoD, 1 refused (1 looks_like_a_reply), 0 errors`.
 *
 * @param rate Replies per second, if given
 */
export function formatTotals(totals: Totals, rate?: number): string {
  const { received, answered, kisses, refused } = totals;
  const causes = refusalCauses.filter((cause) => refused[cause] > 0);
  const refusals = causes.reduce((sum, cause) => sum + refused[cause], 0);
  const errors = totals.responderErrors + totals.receiveErrors + totals.sendErrors;
  return [
    `${formatCount(received)} received`,
    `${formatCount(answered)} answered` + inBrackets([
      ...rate === undefined ? [] : [`${Number(rate.toPrecision(3)).toLocaleString("en-US")}/s`],
    ]),
    ...kisses === 0 ? [] : [`${formatCount(kisses)} KoD`],
    `${formatCount(refusals)} refused` +
    inBrackets(causes.map((cause) => `${formatCount(refused[cause])} ${cause}`)),
    formatPlural(errors, "error"),
  ].join(", ");
}

function inBrackets(parts: readonly string[]): string {
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
