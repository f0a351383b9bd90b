/**
 * Load-tests a server in a process of its own, and prints the result as JSON:
 * `deno run -A scripts/bench/load.ts URL OPTIONS`, with the options of `load()` as JSON.
 *
 * @module
 */

import { load } from "../../src/load/load.ts";
import { exitCodeOf, writeLine } from "./options.ts";

async function main([url = "", options = "{}"]: readonly string[]): Promise<number> {
  await writeLine(Deno.stdout, JSON.stringify(await load(url, JSON.parse(options))));
  return 0;
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args)));
