/** A load beyond the capacity of the server. */
import { runContest } from "../contest.ts";
import { ntpContenders } from "../field.ts";
import type { Bench, Findings, Section } from "../section.ts";

/** Requests per second: more than any server answered on one core. */
const RATE = 300_000;

export const overload: Section = {
  summary: `replies/s, loss, latency and offset at ${RATE.toLocaleString("en")} requests/s`,
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { rounds, seconds, flows } } = bench;
    const { figures, lines } = await runContest({
      contenders: ntpContenders(field),
      load: { duration: seconds, flows, rate: RATE, segmented: true },
      turns: rounds,
      columns: {
        spread: ["goodPerSecond"],
        median: [
          ...["sentPerSecond", "lostPercent", "latencyP50Us", "latencyP99Us"] as const,
          ...["offsetP50Us", "offsetP99Us", "cpuUsPerReply"] as const,
        ],
      },
      ratios: ["goodPerSecond", "cpuUsPerReply"],
    }, bench);
    return {
      figures,
      lines: [
        `Overload: ${RATE.toLocaleString("en")} NTP requests/s offered over ${flows} flows, ` +
        `${rounds} rounds of ${seconds} s; medians`,
        ...["", ...lines],
      ],
    };
  },
};
