/**
 * Measurements that take turns.
 *
 * All servers live through the whole section, so that the machine's slow and fast moments hit each of them; what is
 * compared are figures of the same turn.
 *
 * @module
 */

import type { LoadResult } from "../../src/load/figures.ts";
import { type Load, putLoadOn } from "./generator.ts";
import { quantities, type QuantityName } from "./quantities.ts";
import type { Surroundings } from "./section.ts";
import type { RunningServer } from "./servers.ts";
import { type Ratio, summarizeRatios, turnsOf } from "./stats.ts";
import { usageOf } from "./usage.ts";

/** A load on a server. */
export interface Trial {
  /** The name in the table. */
  readonly name: string;
  readonly server: RunningServer;
  readonly load: Load;
}

/** One trial's figures, one a turn. */
export interface Figures {
  readonly name: string;
  readonly turns: readonly LoadResult[];
  /** The most memory of the server that was ever resident. */
  readonly peakMemoryKib: number;
}

/** How two trials compare. */
export interface Ratios {
  readonly of: string;
  readonly to: string;
  readonly ratios: Readonly<Partial<Record<QuantityName, Ratio>>>;
}

/**
 * Makes each trial in turn, again and again.
 *
 * @param trials which
 * @param turns how often each
 * @param surroundings where, and what ends it early
 * @returns the figures, in the trials' order
 */
export async function compare(
  trials: readonly Trial[],
  turns: number,
  surroundings: Surroundings,
): Promise<readonly Figures[]> {
  const results = new Map(trials.map((trial): [Trial, LoadResult[]] => [trial, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [{ name, server, load }, figures] of turnsOf([...results], turn)) {
      surroundings.showProgress(`turn ${turn + 1} of ${turns}: ${name}`);
      figures.push(await putLoadOn(server, load, surroundings));
    }
  }
  return [...results].map(([{ name, server }, figures]) => ({
    name,
    turns: figures,
    peakMemoryKib: usageOf(server.pid).peakKib,
  }));
}

/**
 * Sets two trials side by side, turn by turn.
 *
 * @param ours the one
 * @param other what it is divided by
 * @param names which quantities to compare
 * @returns the ratios, without those that were not measured
 */
export function ratiosOf(ours: Figures, other: Figures, names: readonly QuantityName[]): Ratios {
  const ratios: Partial<Record<QuantityName, Ratio>> = {};
  for (const name of names) {
    const { of } = quantities[name];
    const ratio = summarizeRatios(ours.turns.map(of), other.turns.map(of));
    if (ratio !== undefined) ratios[name] = ratio;
  }
  return { of: ours.name, to: other.name, ratios };
}
