/**
 * Servers under the same load in turn.
 *
 * All of them live through the whole run, so that the machine's slow and fast moments hit each of them; what is compared
 * are figures of the same round.
 *
 * @module
 */

import type { LoadResult } from "./load.ts";
import { outputOf, pinned, type RunningServer } from "./servers.ts";
import { summarizeRatios, type Summary, turnsOf } from "./stats.ts";

/** How long each server is under load before the first round, for its code to be compiled. */
const WARMUP_SECONDS = 1;

/** How long before each measurement, to fill the queues. */
const LEAD_SECONDS = 0.05;

/** What load, and how often. */
export interface CompareOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly window: number;
  readonly flows: number;
}

/** What a measurement needs besides its own options. */
export interface Surroundings {
  /** The core for what asks, or `undefined` for any. */
  readonly core: number | undefined;
  /** What ends it early. */
  readonly signal: AbortSignal;
  /** Hears what is being done. */
  readonly showProgress: (text: string) => void;
}

/** One server's figures, one a round. */
export interface Figures {
  readonly name: string;
  readonly protocol: string;
  readonly isOurs: boolean;
  readonly rounds: readonly LoadResult[];
  readonly peakMemoryKib: number | undefined;
}

/** How two servers compare. */
export interface Ratios {
  readonly of: string;
  readonly to: string;
  readonly goodPerSecond: Summary | undefined;
  readonly cpuUsPerReply: Summary | undefined;
}

/**
 * Puts the load on each server in turn, round by round.
 *
 * @param servers which
 * @param options which load
 * @param surroundings where, and what ends it early
 * @returns the figures, in the servers' order
 */
export async function compare(
  servers: readonly RunningServer[],
  options: CompareOptions,
  surroundings: Surroundings,
): Promise<readonly Figures[]> {
  const { showProgress } = surroundings;
  const rounds = new Map(servers.map((server): [RunningServer, LoadResult[]] => [server, []]));
  for (const server of servers) {
    showProgress(`warming up ${server.contender.name}`);
    await putLoadOn(server, { ...options, seconds: WARMUP_SECONDS }, surroundings);
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const [server, results] of turnsOf([...rounds], round)) {
      showProgress(`round ${round + 1} of ${options.rounds}: ${server.contender.name}`);
      results.push(await putLoadOn(server, options, surroundings));
    }
  }
  return [...rounds].map(([{ contender, peakMemoryKib }, results]) => ({
    name: contender.name,
    protocol: contender.protocol,
    isOurs: contender.isOurs,
    rounds: results,
    peakMemoryKib: peakMemoryKib(),
  }));
}

async function putLoadOn(
  { contender, port, pid }: RunningServer,
  options: CompareOptions,
  { core, signal }: Surroundings,
): Promise<LoadResult> {
  const command = pinned([
    Deno.execPath(),
    "run",
    "-A",
    new URL("load.ts", import.meta.url).pathname,
    "--json",
    ...["--protocol", contender.protocol],
    ...["--seconds", `${options.seconds}`, "--warmup", `${LEAD_SECONDS}`],
    ...["--window", `${options.window}`, "--flows", `${options.flows}`],
    ...["--pid", `${pid}`],
    `127.0.0.1:${port}`,
  ], core);
  return JSON.parse(await outputOf(`measure ${contender.name}`, command, signal)) as LoadResult;
}

/**
 * Each of our servers beside each other server of its protocol.
 *
 * @param figures of all servers
 * @returns medians and spreads of same-round ratios
 */
export function ratiosOf(figures: readonly Figures[]): readonly Ratios[] {
  const rates = ({ rounds }: Figures): number[] => rounds.map((round) => round.goodPerSecond);
  const cpu = ({ rounds }: Figures): (number | undefined)[] =>
    rounds.map((round) => round.cpuUsPerReply);
  return figures.filter(({ isOurs }) => isOurs).flatMap((ours) =>
    figures.filter(({ isOurs, protocol }) => !isOurs && protocol === ours.protocol)
      .map((other) => ({
        of: ours.name,
        to: other.name,
        goodPerSecond: summarizeRatios(rates(ours), rates(other)),
        cpuUsPerReply: summarizeRatios(cpu(ours), cpu(other)),
      }))
  );
}
