/**
 * Interleaved measurements: all servers run during the whole section, so that slow moments of the machine affect each of
 * them, and figures of the same turn are compared.
 */
import type { LoadResult } from "../../src/load/figures.ts";
import type { RunningServer } from "./contenders.ts";
import { type Load, measureLoad } from "./generator.ts";
import { quantities, type QuantityName } from "./quantities.ts";
import type { Context } from "./section.ts";
import { type Ratio, summarizeRatios, turnsOf } from "./stats.ts";
import { readUsage } from "./usage.ts";

/** A server under a load. */
export interface Trial {
  /** The name in the table. */
  readonly name: string;
  readonly server: RunningServer;
  readonly load: Load;
}

/** The figures of a trial, one per turn. */
export interface Figures {
  readonly name: string;
  readonly turns: readonly LoadResult[];
  /** The peak resident memory of the server. */
  readonly peakMemoryKib: number;
}

/** The ratios of two trials. */
export interface Ratios {
  readonly of: string;
  readonly to: string;
  readonly ratios: Readonly<Partial<Record<QuantityName, Ratio>>>;
}

/** Runs each trial in turn, `turns` times, and returns the figures in the trials' order. */
export async function compare(
  trials: readonly Trial[],
  turns: number,
  context: Context,
): Promise<readonly Figures[]> {
  const results = new Map(trials.map((trial): [Trial, LoadResult[]] => [trial, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [{ name, server, load }, figures] of turnsOf([...results], turn)) {
      context.showProgress(`turn ${turn + 1} of ${turns}: ${name}`);
      figures.push(await measureLoad(server, load, context));
    }
  }
  return [...results].map(([{ name, server }, figures]) => ({
    name,
    turns: figures,
    peakMemoryKib: readUsage(server.pid).peakKib,
  }));
}

/** Divides the figures of one trial by those of another, turn by turn, for the quantities that were measured. */
export function ratiosOf(ours: Figures, other: Figures, names: readonly QuantityName[]): Ratios {
  const ratios: Partial<Record<QuantityName, Ratio>> = {};
  for (const name of names) {
    const { of } = quantities[name];
    const ratio = summarizeRatios(ours.turns.map(of), other.turns.map(of));
    if (ratio !== undefined) ratios[name] = ratio;
  }
  return { of: ours.name, to: other.name, ratios };
}
