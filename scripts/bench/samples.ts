/**
 * Takes samples of an NTP server on this machine with the library's client, one after another, and prints every
 * exchange as JSON: `deno run --allow-net scripts/bench/samples.ts EXCHANGES PORT`.
 */
import { sample } from "../../mod.ts";
import { exitCodeOf, writeLine } from "./options.ts";

/** Exchanges of one sample, which must fit two clocks that run evenly. */
const SAMPLE = 100;

/** Exchanges beforehand, to compile the code. */
const WARMUP = 200;

/** All exchanges with a server. */
export interface SampledServer {
  /** In microseconds, of each reply. */
  readonly offsetsUs: readonly number[];
  readonly boundsUs: readonly number[];
  readonly delaysUs: readonly number[];
  /** The samples whose offsets contradict each other. */
  readonly contradictions: number;
}

async function main([exchanges, port]: readonly string[]): Promise<number> {
  const url = `ntp://127.0.0.1:${port}`;
  await sample(url, { count: WARMUP, interval: "0s" });
  const [offsetsUs, boundsUs, delaysUs]: [number[], number[], number[]] = [[], [], []];
  let contradictions = 0;
  while (offsetsUs.length < Number(exchanges)) {
    const count = Math.min(SAMPLE, Number(exchanges) - offsetsUs.length);
    const samples = await sample(url, { count, interval: "0s" });
    if (samples.estimate?.isSteady === false) contradictions++;
    for (const { reply, error } of samples.exchanges) {
      if (!reply || error) throw error ?? new Error(`${url} sent no reply`);
      if (reply.protocol !== "ntp") continue;
      offsetsUs.push(reply.offset.total("microseconds"));
      boundsUs.push(reply.errorBound.total("microseconds"));
      delaysUs.push(reply.delay.total("microseconds"));
    }
  }
  const all: SampledServer = { offsetsUs, boundsUs, delaysUs, contradictions };
  await writeLine(Deno.stdout, JSON.stringify(all));
  return 0;
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args)));
