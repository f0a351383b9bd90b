/** The number of clients that were seen lately, for the metrics: cheap enough for each scrape. */
import { type ClientMemory, HEAD, NUMBER, STRIDE, WORD } from "./client_table.ts";

/** Counts the clients in the tables of all threads whose last request is not older. */
export function countRecentClients(tables: readonly ClientMemory[], sinceMs: number): number {
  // A client that changes its port is in the tables of several threads.
  const known = tables.length > 1 ? new Set<string>() : undefined;
  let count = 0;
  for (const memory of tables) {
    const [numbers, tags] = [new Float64Array(memory.numbers), new Int32Array(memory.tags)];
    const words = new Uint32Array(memory.numbers);
    for (let place = 0; place < tags.length; place++) {
      if (tags[place] === 0) continue;
      const at = HEAD.size + place * STRIDE;
      if ((numbers[at + NUMBER.lastMs] as number) < sinceMs) continue;
      count++;
      const address = at * 2 + WORD.address;
      known?.add(words.subarray(address, address + 4).join());
    }
  }
  return known?.size ?? count;
}
