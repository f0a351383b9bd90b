/** Many short slices in turn, whose ratios are far steadier than the figures themselves. */
import { type Contest, runContest } from "../contest.ts";
import { before, type Contender, timesrv } from "../contenders.ts";
import { present, textContenders } from "../field.ts";
import { type Bench, type Findings, type Section, SLICE_SECONDS } from "../section.ts";

export const duel: Section = {
  summary: "ratios at full load, from many short slices in turn",
  async measure(bench: Bench): Promise<Findings> {
    const { field, options: { slices, window, flows, before: folder } } = bench;
    const contest: Omit<Contest, "contenders"> = {
      load: { duration: SLICE_SECONDS, flows, window },
      turns: slices,
      columns: { spread: ["goodPerSecond", "cpuUsPerReply"] },
      ratios: ["goodPerSecond", "cpuUsPerReply"],
    };
    const ours = timesrv("ntp", "ntp", "mmsg");
    // Two processes of one program differ too: no smaller difference is significant.
    const again = { ...ours, name: "the same again" };
    const parts: Record<string, readonly Contender[]> = folder === undefined
      ? { Text: textContenders(field), NTP: present(ours, field.limit, field.chronyd, again) }
      : {
        NTP: [ours, before(ours, folder), again],
        ...Object.fromEntries(
          [timesrv("ntp", "ntp", "datagram"), timesrv("asctime", "text", "mmsg")]
            .map((ours) => [ours.name, [ours, before(ours, folder)]]),
        ),
      };
    const figures: Record<string, unknown> = {};
    const lines: string[] = [];
    for (const [title, contenders] of Object.entries(parts)) {
      const findings = await runContest({ ...contest, contenders }, bench);
      figures[title.toLowerCase()] = findings.figures;
      lines.push("", title, ...findings.lines);
    }
    return {
      figures,
      lines: [
        `Duel: ${window} outstanding requests over ${flows} flows, ${slices} slices of ${SLICE_SECONDS} s; ` +
        "medians, with the 95 % interval of the median ratio",
        ...lines,
      ],
    };
  },
};
