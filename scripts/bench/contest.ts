/** Servers under the same load in turn. */
import { compare, ratiosOf, type Trial } from "./compare.ts";
import type { Contender } from "./contenders.ts";
import type { Load } from "./generator.ts";
import type { QuantityName } from "./quantities.ts";
import type { Bench, Findings } from "./section.ts";
import { startAll } from "./servers.ts";
import { disturbances, type FigureColumns, layOutFigures, layOutRatios } from "./tables.ts";

/** A comparison of servers. */
export interface Contest {
  /** Each of this project's is compared with all that follow it. */
  readonly contenders: readonly Contender[];
  readonly load: Load;
  /** Measurements per server. */
  readonly turns: number;
  /** The figures to show. */
  readonly columns: FigureColumns;
  /** The quantities to compare. */
  readonly ratios: readonly QuantityName[];
}

/** Runs a contest: the figures of each server, and the ratios. */
export async function runContest(contest: Contest, bench: Bench): Promise<Findings> {
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
      layOutFigures(figures, columns),
      ...(load.rate === undefined ? disturbances(figures) : []),
      ...(ratios.length > 0 ? ["", layOutRatios(ratios)] : []),
    ],
  };
}
