/** A load that leaves the server time. */
import { runContest } from "../contest.ts";
import { ntpContenders } from "../field.ts";
import type { Bench, Findings, Section } from "../section.ts";

/** Requests per second: a lot for a time server, and a tenth of its capacity. */
const RATE = 20_000;

export const fixed: Section = {
  summary: `latency, offset and CPU time per reply at ${RATE.toLocaleString("en")} requests/s`,
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { rounds, seconds, flows } } = bench;
    const { figures, lines } = await runContest({
      contenders: ntpContenders(field),
      load: { duration: seconds, flows, rate: RATE },
      turns: rounds,
      columns: {
        median: [
          ...["goodPerSecond", "latencyP50Us", "latencyP99Us"] as const,
          ...["offsetP50Us", "offsetP99Us", "cpuUsPerReply"] as const,
        ],
      },
      ratios: ["latencyP50Us", "latencyP99Us", "cpuUsPerReply"],
    }, bench);
    return {
      figures,
      lines: [
        `Fixed rate: ${RATE.toLocaleString("en")} NTP requests/s over ${flows} flows, ` +
        `${rounds} rounds of ${seconds} s; medians`,
        ...["", ...lines],
      ],
    };
  },
};
