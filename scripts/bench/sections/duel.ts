/**
 * Who is ahead: many short slices in turn, whose ratios are far steadier than the figures themselves.
 *
 * @module
 */

import { type Contest, hold } from "../contest.ts";
import { timesrv } from "../contenders.ts";
import { present, textContenders } from "../field.ts";
import { type Bench, type Findings, type Section, SLICE_SECONDS } from "../section.ts";

/** Pairs in slices. */
export const duel: Section = {
  summary: "how ours compare at full load, from many short slices in turn",
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { slices, window, flows } } = bench;
    const contest: Omit<Contest, "contenders"> = {
      load: { seconds: SLICE_SECONDS, flows, pace: { window } },
      turns: slices,
      columns: { spread: ["goodPerSecond", "cpuUsPerReply"] },
      ratios: ["goodPerSecond", "cpuUsPerReply"],
    };
    const ours = timesrv("ntp", "ntp", "mmsg");
    // What two processes of one program differ by is what no smaller difference can be believed for.
    const again = { ...ours, name: "the same again" };
    const contenders = present(ours, field.limit, field.chronyd, again);
    const text = await hold({ ...contest, contenders: textContenders(field) }, bench);
    const ntp = await hold({ ...contest, contenders }, bench);
    return {
      figures: { text: text.figures, ntp: ntp.figures },
      lines: [
        `Duel: ${window} requests on their way over ${flows} flows, ${slices} slices of ${SLICE_SECONDS} s; ` +
        "medians, with the 95 % interval of a ratio's",
        ...["", "Text", ...text.lines],
        ...["", "NTP", ...ntp.lines],
      ],
    };
  },
};
