import { type ClientsQuery, clientsQueryFields } from "../../client/clients_query.ts";
import type { ClientList } from "../../client/control_api.ts";
import { readOptions } from "../../options/read.ts";
import { allocateClients, type ClientMemory, HEAD, NUMBER, STRIDE, WORD } from "./client_table.ts";

/** Six times the clients per minute of a busy server of the public pool; that many need 13 MB. */
const DEFAULT_CLIENTS = 65_536;

const RECENT_MS = 300_000;

interface ClientTablesOptions {
  /** By default 65,536 with an interface over HTTP, which shows them, otherwise none. */
  readonly maxClients?: number | undefined;
  readonly hasList: boolean;
  readonly threads: number;
}

/** The tables of clients of a server, one per thread; none if no clients are counted. */
export class ClientTables {
  readonly memories: readonly ClientMemory[];

  constructor({ maxClients, hasList, threads }: ClientTablesOptions) {
    const capacity = maxClients ?? (hasList ? DEFAULT_CLIENTS : 0);
    const length = capacity === 0 ? 0 : threads;
    this.memories = Array.from({ length }, () => allocateClients(capacity));
  }

  /** Counts the clients whose last request is recent. */
  countRecent(nowMs: number): number {
    return countRecentClients(this.memories, nowMs - RECENT_MS);
  }

  /**
   * Lists a page of the clients.
   *
   * @throws {SyntaxError} If the order is unknown
   * @throws {RangeError} If a number is out of range
   */
  async list(query: ClientsQuery): Promise<ClientList> {
    const { listClients } = await import("./list_clients.ts");
    return listClients(this.memories, Date.now(), readOptions(clientsQueryFields, query, "query"));
  }
}

/**
 * Counts the clients in the tables of all threads whose last request is not older: cheap enough for each scrape of the
 * metrics.
 */
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
