/**
 * Asks NTP servers on this machine in turn with the library's client, and prints the offsets in microseconds as JSON, a
 * list for each: `deno run -A scripts/bench/ask.ts EXCHANGES PORT…`.
 *
 * @module
 */

import { query } from "../../mod.ts";
import { exitCodeOf, writeLine } from "./options.ts";

/** Exchanges with each server beforehand, for the code to be compiled. */
const WARMUP_EXCHANGES = 200;

async function main([exchanges = "", ...ports]: readonly string[]): Promise<number> {
  const offsetsUs = ports.map((): number[] => []);
  for (let i = -WARMUP_EXCHANGES; i < Number(exchanges); i++) {
    for (const [server, port] of ports.entries()) {
      const reply = await query(`ntp://127.0.0.1:${port}`);
      if (i >= 0 && reply.protocol === "ntp") {
        offsetsUs[server]?.push(reply.offset.total("microseconds"));
      }
    }
  }
  await writeLine(Deno.stdout, JSON.stringify(offsetsUs));
  return 0;
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args)));
