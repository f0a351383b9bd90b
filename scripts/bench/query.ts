/**
 * Queries NTP servers on this machine in turn with the library's client, and prints the offsets in microseconds as JSON,
 * one list per server: `deno run -A scripts/bench/query.ts EXCHANGES PORT…`.
 */
import { query } from "../../mod.ts";
import { exitCodeOf, writeLine } from "./options.ts";

/** Exchanges with each server beforehand, to compile the code. */
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
