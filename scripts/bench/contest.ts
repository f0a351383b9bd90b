/**
 * Servers under the same load in turn, and how ours compare.
 *
 * @module
 */

import { compare, ratiosOf, type Trial } from "./compare.ts";
import type { Contender } from "./contenders.ts";
import type { Load } from "./generator.ts";
import type { QuantityName } from "./quantities.ts";
import type { Bench, Findings } from "./section.ts";
import { startAll } from "./servers.ts";
import { disturbances, type FigureColumns, figureTable, ratioTable } from "./tables.ts";

/** Who is compared, under what, in what. */
export interface Contest {
  /** Each of ours is compared with all that come after it. */
  readonly contenders: readonly Contender[];
  readonly load: Load;
  /** How often each server has its turn. */
  readonly turns: number;
  /** What to show of each server. */
  readonly columns: FigureColumns;
  /** What to compare. */
  readonly ratios: readonly QuantityName[];
}

/**
 * Holds a contest.
 *
 * @param contest who, under what
 * @param bench where, and what ends it early
 * @returns each server's figures, and the ratios
 */
export async function hold(contest: Contest, bench: Bench): Promise<Findings> {
  const { contenders, load, turns, columns } = contest;
  await using stack = new AsyncDisposableStack();
  const servers = await startAll(contenders, stack, bench);
  const trials = servers.map((server): Trial => ({ name: server.contender.name, server, load }));
  const figures = await compare(trials, turns, bench);
  const ratios = figures.flatMap((ours, i) =>
    contenders[i]?.isOurs
      ? figures.slice(i + 1).map((other) => ratiosOf(ours, other, contest.ratios))
      : []
  );
  return {
    figures: { servers: figures, ratios },
    lines: [
      figureTable(figures, columns),
      ...("window" in load.pace ? disturbances(figures) : []),
      ...(ratios.length > 0 ? ["", ratioTable(ratios)] : []),
    ],
  };
}
