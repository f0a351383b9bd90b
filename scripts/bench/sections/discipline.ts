/**
 * How right the time is that follows from upstream servers: in simulated worlds, a day in each, with fixed seeds. It
 * needs neither a network nor a quiet machine.
 *
 * @module
 */

import { layOutTable } from "../../../src/text/table.ts";
import { formatSeconds } from "../../../src/text/units.ts";
import { type Outcome, simulate } from "../discipline/world.ts";
import { type World, worlds } from "../discipline/worlds.ts";
import type { Bench, Findings, Section } from "../section.ts";
import { summarize } from "../stats.ts";
import { formatDecimal } from "../tables.ts";

const SEEDS: readonly number[] = [1, 2, 3, 4, 5];

/** A world with what became of it: medians over the seeds, and the worst of them. */
export interface WorldFigures {
  readonly world: string;
  readonly bars: World["bars"];
  readonly rms: number;
  /** The greatest error with any seed, in seconds. */
  readonly most: number;
  readonly requestsPerHour: number;
  readonly distance: number;
  /** The greatest share of the root distance that an error had with any seed. */
  readonly mostShare: number;
  readonly firstAt: number;
  readonly unsynchronizedSeconds: number;
}

export const discipline: Section = {
  summary: "following upstream servers in simulated worlds",
  isSimulated: true,
  async measure({ signal, showProgress }: Pick<Bench, "signal" | "showProgress">): Promise<
    Findings
  > {
    const figures: WorldFigures[] = [];
    for (const world of Object.values<World>(worlds)) {
      showProgress(`simulating: ${world.summary}`);
      // For a signal to be noticed.
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal.throwIfAborted();
      figures.push(summarizeWorld(world, SEEDS.map((seed) => simulate(world.options(), seed))));
    }
    return {
      figures,
      lines: [
        `Following upstream servers, simulated: ${SEEDS.length} seeds of 26 h each, from the second hour on; ` +
        "medians over the seeds, and the most with any; in brackets the bar",
        layOutWorlds(figures),
        "A pause that no clock shows is beyond the root distance until the next replies. Steps and slews of the " +
        "system's clock are no world: the raw clock does not show them.",
      ],
    };
  },
};

/** Reduces the outcomes of one world with several seeds. */
export function summarizeWorld(
  { summary, bars }: Pick<World, "summary" | "bars">,
  outcomes: readonly Outcome[],
): WorldFigures {
  const median = (of: (outcome: Outcome) => number): number =>
    summarize(outcomes.map(of))?.median ?? NaN;
  return {
    world: summary,
    bars,
    rms: median(({ rms }) => rms),
    most: Math.max(...outcomes.map(({ most }) => most)),
    requestsPerHour: median(({ requestsPerHour }) => requestsPerHour),
    distance: median(({ distance }) => distance),
    mostShare: Math.max(...outcomes.map(({ mostShare }) => mostShare)),
    firstAt: Math.max(...outcomes.map(({ firstAt }) => firstAt)),
    unsynchronizedSeconds: median(({ unsynchronizedSeconds }) => unsynchronizedSeconds),
  };
}

function layOutWorlds(figures: readonly WorldFigures[]): string {
  const head = [
    ...["world", "RMS (bar)", "most", "requests/h (bar)", "root distance (bar)"],
    ...["most of it", "first reply"],
  ];
  return layOutTable([
    head,
    ...figures.map(({ world, bars, ...figure }) => [
      world,
      `${formatSeconds(figure.rms)} (${formatSeconds(bars.rms)})`,
      formatSeconds(figure.most),
      `${formatDecimal(figure.requestsPerHour, 1)} (${bars.requests})`,
      `${formatSeconds(figure.distance)} (${formatSeconds(bars.distance)})`,
      `${formatDecimal(100 * figure.mostShare, 0)} %`,
      formatSeconds(figure.firstAt),
    ]),
  ]);
}
