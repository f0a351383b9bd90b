/** The list of clients, from the tables of all threads. */
import { type ClientOrder, type ClientsQuery, MAX_PAGE } from "../../client/clients_query.ts";
import type { ClientList, ClientState } from "../../client/control_api.ts";
import { decodeKind } from "../../protocols/request_kind.ts";
import { formatIpWords } from "../../text/ip_words.ts";
import {
  type ClientMemory,
  HEAD,
  NUMBER,
  outcome,
  rateOf,
  STRIDE,
  sumRequests,
  WORD,
} from "./client_table.ts";

/** Clients that are listed although they come while the others are counted. */
const MAX_NEW_CLIENTS = 100;

/** The clients of all tables, each once: copies of their places. */
interface Copies {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly rates: Float64Array;
  total: number;
}

/** Lists a page of the clients in the tables of all threads. */
export function listClients(
  tables: readonly ClientMemory[],
  nowMs: number,
  { sort = "last", limit = MAX_PAGE, skip = 0 }: ClientsQuery = {},
): ClientList {
  const copies = copyClients(tables, nowMs);
  const order = sort === "address"
    ? Uint32Array.from({ length: copies.total }, (_, i) => i).sort(byAddress(copies))
    : sortFirst(readKeys(copies, readers[sort]), skip + limit);
  const head = { dropped: 0, unlisted: 0 };
  for (const { numbers } of tables) {
    const [dropped = 0, unlisted = 0] = new Float64Array(numbers, 0, HEAD.size);
    head.dropped += dropped;
    head.unlisted += unlisted;
  }
  return {
    clients: Array.from(order.subarray(skip, skip + limit), (i) => stateOf(copies, i)),
    now: new Date(nowMs).toISOString(),
    total: copies.total,
    capacity: tables.reduce((sum, { capacity }) => sum + capacity, 0),
    ...head,
  };
}

function copyClients(tables: readonly ClientMemory[], nowMs: number): Copies {
  // Most places of a table are free; clients may come while these are counted.
  const places = tables.reduce((sum, { tags }) => sum + countTaken(tags), MAX_NEW_CLIENTS);
  const numbers = new Float64Array(places * STRIDE);
  const words = new Uint32Array(numbers.buffer);
  const copies = { numbers, words, rates: new Float64Array(places), total: 0 };
  // A client that changes its port is in the tables of several threads.
  const known = tables.length > 1 ? new Map<string, number>() : undefined;
  for (const { numbers: shared, tags: sharedTags } of tables) {
    const [table, tags] = [new Float64Array(shared), new Int32Array(sharedTags)];
    for (let place = 0; place < tags.length; place++) {
      const tag = tags[place];
      if (tag === 0 || copies.total === places) continue;
      const next = copies.total;
      const from = HEAD.size + place * STRIDE;
      for (let i = 0; i < STRIDE; i++) numbers[next * STRIDE + i] = table[from + i] as number;
      // Another client took the place meanwhile; the next copy overwrites this one.
      if (Atomics.load(tags, place) !== tag) continue;
      copies.rates[next] = readRate(numbers, next * STRIDE, nowMs);
      const address = known && addressOf(copies, next).join();
      const same = address === undefined ? undefined : known?.get(address);
      if (same !== undefined) addTo(copies, same, next);
      else {
        if (address !== undefined) known?.set(address, next);
        copies.total++;
      }
    }
  }
  return copies;
}

function countTaken(tags: SharedArrayBuffer): number {
  let count = 0;
  const all = new Int32Array(tags);
  for (let place = 0; place < all.length; place++) if (all[place] !== 0) count++;
  return count;
}

function readRate(numbers: Float64Array, at: number, nowMs: number): number {
  const lastMs = numbers[at + NUMBER.lastMs] as number;
  const spanMs = lastMs - (numbers[at + NUMBER.firstMs] as number);
  return rateOf(numbers[at + NUMBER.recent] as number, spanMs, nowMs - lastMs);
}

/** Adds the counts of one copy to those of another one, of the same client. */
function addTo({ numbers, words, rates }: Copies, same: number, other: number): void {
  const [to, from] = [same * STRIDE, other * STRIDE];
  for (let i = outcome.answered; i <= outcome.failed; i++) {
    numbers[to + i] = (numbers[to + i] as number) + (numbers[from + i] as number);
  }
  rates[same] = (rates[same] as number) + (rates[other] as number);
  const times = [numbers[to + NUMBER.firstMs], numbers[from + NUMBER.firstMs]] as number[];
  numbers[to + NUMBER.firstMs] = Math.min(...times);
  if ((numbers[from + NUMBER.lastMs] as number) <= (numbers[to + NUMBER.lastMs] as number)) return;
  numbers[to + NUMBER.lastMs] = numbers[from + NUMBER.lastMs] as number;
  for (const word of [WORD.kind, WORD.port]) {
    words[to * 2 + word] = words[from * 2 + word] as number;
  }
}

function addressOf({ words }: Copies, i: number): Uint32Array {
  const at = i * STRIDE * 2 + WORD.address;
  return words.subarray(at, at + 4);
}

/** Reads the number of a client by which it is sorted. */
type Reader = (copies: Copies, i: number) => number;

const numberAt = (index: number): Reader => ({ numbers }, i) =>
  numbers[i * STRIDE + index] as number;

const readers: Readonly<Record<Exclude<ClientOrder, "address">, Reader>> = {
  last: numberAt(NUMBER.lastMs),
  first: numberAt(NUMBER.firstMs),
  rate: ({ rates }, i) => rates[i] as number,
  requests: ({ numbers }, i) => sumRequests(numbers, i * STRIDE),
  answered: numberAt(outcome.answered),
  kisses: numberAt(outcome.kisses),
  denied: numberAt(outcome.denied),
  limited: numberAt(outcome.limited),
  refused: numberAt(outcome.refused),
};

function readKeys(copies: Copies, read: Reader): Float64Array {
  return Float64Array.from({ length: copies.total }, (_, i) => read(copies, i));
}

/**
 * Returns the places of the highest keys in their order. All of them are never sorted by a function, which would
 * delay the replies of the same thread for a tenth of a second.
 */
function sortFirst(keys: Float64Array, count: number): Uint32Array {
  const least = keys.slice().sort()[Math.max(0, keys.length - count)] ?? 0;
  const high: number[] = [];
  keys.forEach((key, i) => {
    if (key >= least) high.push(i);
  });
  return Uint32Array.from(high).sort((a, b) => (keys[b] as number) - (keys[a] as number));
}

function byAddress(copies: Copies): (a: number, b: number) => number {
  return (a, b) => {
    const [one, other] = [addressOf(copies, a), addressOf(copies, b)];
    const word = one.findIndex((value, i) => value !== other[i]);
    return word < 0 ? 0 : (one[word] as number) - (other[word] as number);
  };
}

function stateOf(copies: Copies, i: number): ClientState {
  const { numbers, words, rates } = copies;
  const from = i * STRIDE;
  const number = (index: number): number => numbers[from + index] as number;
  const { protocol, version = null } = decodeKind(words[from * 2 + WORD.kind] as number);
  const requests = sumRequests(numbers, from);
  const [firstMs, lastMs] = [number(NUMBER.firstMs), number(NUMBER.lastMs)];
  const seconds = Math.max(0, lastMs - firstMs) / 1000;
  return {
    address: formatIpWords(addressOf(copies, i)),
    port: words[from * 2 + WORD.port] as number,
    protocol,
    version,
    requests,
    answered: number(outcome.answered),
    kisses: number(outcome.kisses),
    denied: number(outcome.denied),
    limited: number(outcome.limited),
    refused: number(outcome.refused),
    rate: Number((rates[i] as number).toPrecision(3)),
    interval: requests < 2 ? null : Number((seconds / (requests - 1)).toFixed(6)),
    firstSeen: new Date(firstMs).toISOString(),
    lastSeen: new Date(lastMs).toISOString(),
  };
}
