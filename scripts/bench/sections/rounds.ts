/** Each server at full load. */
import { type Contest, runContest } from "../contest.ts";
import { timesrv } from "../contenders.ts";
import { ntpContenders, textContenders } from "../field.ts";
import type { Bench, Findings, Section } from "../section.ts";

export const rounds: Section = {
  summary: "replies/s, CPU time per reply and latency at full load",
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { rounds, seconds, window, flows } } = bench;
    const contest: Omit<Contest, "contenders"> = {
      load: { duration: seconds, flows, window },
      turns: rounds,
      columns: {
        spread: ["goodPerSecond", "cpuUsPerReply"],
        median: ["latencyP50Us", "latencyP99Us"],
      },
      ratios: ["goodPerSecond", "cpuUsPerReply"],
    };
    const auto = timesrv("auto", "ntp", "mmsg");
    const text = await runContest({ ...contest, contenders: textContenders(field) }, bench);
    const ntp = await runContest(
      { ...contest, contenders: [auto, ...ntpContenders(field)] },
      bench,
    );
    return {
      figures: { text: text.figures, ntp: ntp.figures },
      lines: [
        `Full load: ${window} outstanding requests over ${flows} flows, ${rounds} rounds of ${seconds} s; medians`,
        ...["", "Text", ...text.lines],
        ...["", "NTP", ...ntp.lines],
      ],
    };
  },
};
