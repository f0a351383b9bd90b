/**
 * What a server does with a load that leaves it time.
 *
 * @module
 */

import { hold } from "../contest.ts";
import { ntpContenders } from "../field.ts";
import type { Bench, Findings, Section } from "../section.ts";

/** Requests a second: a lot for a time server, and a tenth of what it can. */
const RATE = 20_000;

/** A fixed rate that nobody has trouble with. */
export const fixed: Section = {
  summary: `latency, offset and CPU time a reply at ${RATE.toLocaleString("en")} requests/s`,
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { rounds, seconds, flows } } = bench;
    const { figures, lines } = await hold({
      contenders: ntpContenders(field),
      load: { seconds, flows, pace: { rate: RATE } },
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
