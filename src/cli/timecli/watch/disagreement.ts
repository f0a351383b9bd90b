/** Which of the watched servers is wrong by the latest replies of all. */
import { combine } from "../../../client/compare.ts";
import { estimate } from "../../../client/estimate.ts";
import type { Samples } from "../../../client/sample.ts";
import { formatDisagreement } from "../../../client/verdicts.ts";
import { escapeLine } from "../../../text/printable.ts";
import type { StyledLine } from "../../shared/output.ts";
import type { WatchRecord } from "./record.ts";

/** A line per server that is wrong, or one if no majority agrees; none as long as all can be right. */
export function disagreementOf(records: readonly WatchRecord[]): StyledLine[] {
  const comparison = combine(records.flatMap(samplesOf));
  if (comparison.outcome !== "disagree") return [];
  return formatDisagreement(comparison).map((text) => ({ text: escapeLine(text), tone: "bad" }));
}

/** The latest reply of a server as the only one of a sampling. */
function samplesOf({ url, last }: WatchRecord): Samples[] {
  const { reply, error } = last ?? {};
  if (!reply || error || !("offset" in reply)) return [];
  const startedAfter = new Temporal.Duration();
  const estimated = estimate([{ reply, startedAfter }], startedAfter);
  return estimated ? [{ url, exchanges: [], loss: 0, estimate: estimated, warnings: [] }] : [];
}
