/**
 * What a server does with more than it can answer.
 *
 * @module
 */

import { hold } from "../contest.ts";
import { ntpContenders } from "../field.ts";
import type { Bench, Findings, Section } from "../section.ts";

/** Requests a second: more than any of them answers on one core, as far as was seen. */
const RATE = 300_000;

/** A rate beyond what can be answered. */
export const overload: Section = {
  summary: `replies/s, loss, latency and offset at ${RATE.toLocaleString("en")} requests/s`,
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { rounds, seconds, flows } } = bench;
    const { figures, lines } = await hold({
      contenders: ntpContenders(field),
      load: { seconds, flows, pace: { rate: RATE, isSegmented: true } },
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
