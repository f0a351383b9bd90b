/** The counts of each client, by its address, in memory that does not grow. */
import { type IpWords, isIpv4 } from "../../text/ip_words.ts";
import { keyedHash } from "../../system/keyed_hash.ts";

/** The outcomes of a request, each of which is one count of its client. */
export const outcome = {
  answered: 3,
  kisses: 4,
  denied: 5,
  limited: 6,
  refused: 7,
  failed: 8,
} as const;

export type Outcome = (typeof outcome)[keyof typeof outcome];

/** The words of a place; the numbers of {@linkcode NUMBER} come behind them. */
export const WORD = { address: 0, kind: 4, port: 5 } as const;

/** The numbers of a place beside those of {@linkcode outcome}, in units of eight octets. */
export const NUMBER = { firstMs: 9, lastMs: 10, recent: 11 } as const;

/** Numbers of 64 bits for each client: 96 octets. */
export const STRIDE = 12;

/** The numbers before all places. */
export const HEAD = { dropped: 0, unlisted: 1, size: 2 } as const;

/** Places per client of the capacity: hashes do not fill all places evenly. */
const SPARE = 2;

/** The places of one hash; the client seen longest ago makes room for another. */
const WAYS = 16;

/** `recent` counts the requests of about this time. */
const RECENT_MS = 10_000;

/** The memory of a table, in a form that threads can share. */
export interface ClientMemory {
  /** The number of clients for which there is surely room, but for one in a thousand. */
  readonly capacity: number;
  readonly key: readonly [number, number];
  /** The head and the places. */
  readonly numbers: SharedArrayBuffer;
  /** A hash of the client of each place; 0 for none. */
  readonly tags: SharedArrayBuffer;
}

/** Allocates a table, of 200 octets per client; the system provides memory for those alone that there are. */
export function allocateClients(capacity: number): ClientMemory {
  const places = Math.ceil(capacity * SPARE / WAYS) * WAYS;
  const [k0 = 0, k1 = 0] = crypto.getRandomValues(new Int32Array(2));
  return {
    capacity,
    key: [k0, k1],
    numbers: new SharedArrayBuffer((HEAD.size + places * STRIDE) * Float64Array.BYTES_PER_ELEMENT),
    tags: new SharedArrayBuffer(places * Int32Array.BYTES_PER_ELEMENT),
  };
}

/**
 * Counts the requests of clients. One thread writes a table; others read it, and may see a request half counted,
 * but never a client's counts under another address.
 */
export class ClientTable {
  readonly #key: readonly [number, number];
  readonly #numbers: Float64Array;
  readonly #words: Uint32Array;
  readonly #tags: Int32Array;
  readonly #address = new Uint32Array(4);

  constructor({ key, numbers, tags }: ClientMemory) {
    this.#key = key;
    this.#numbers = new Float64Array(numbers);
    this.#words = new Uint32Array(numbers);
    this.#tags = new Int32Array(tags);
  }

  /**
   * Counts a request. Allocates nothing.
   *
   * @param source Its sender
   * @param nowMs When it arrived: milliseconds since 1970 by this machine's clock, which may be stepped
   * @param kind As `encodeKind()` gives it
   */
  count(
    source: { readonly port: number; readAddress(words: IpWords): void },
    nowMs: number,
    result: Outcome,
    kind: number,
  ): void {
    const address = this.#address;
    source.readAddress(address);
    const place = this.#placeOf(address);
    const [numbers, words] = [this.#numbers, this.#words];
    const at = HEAD.size + place * STRIDE;
    numbers[at + result] = (numbers[at + result] as number) + 1;
    const elapsedMs = nowMs - (numbers[at + NUMBER.lastMs] as number);
    numbers[at + NUMBER.recent] = decay(numbers[at + NUMBER.recent] as number, elapsedMs) + 1;
    numbers[at + NUMBER.lastMs] = nowMs;
    if (numbers[at + NUMBER.firstMs] === 0) numbers[at + NUMBER.firstMs] = nowMs;
    words[at * 2 + WORD.kind] = kind;
    words[at * 2 + WORD.port] = source.port;
  }

  /** Finds the place of a client, or gives it that of another one. */
  #placeOf(address: IpWords): number {
    const [tags, words] = [this.#tags, this.#words];
    const hash = hashOf(this.#key, address) || 1;
    const first = (hash >>> 0) % (tags.length / WAYS) * WAYS;
    let oldest = first;
    for (let place = first; place < first + WAYS; place++) {
      const tag = tags[place] as number;
      if (tag === hash && isAt(words, (HEAD.size + place * STRIDE) * 2, address)) return place;
      // Places are taken in order and never become free.
      if (tag === 0) {
        oldest = place;
        break;
      }
      if (this.#lastMs(place) < this.#lastMs(oldest)) oldest = place;
    }
    this.#take(oldest, hash, address);
    return oldest;
  }

  #lastMs(place: number): number {
    return this.#numbers[HEAD.size + place * STRIDE + NUMBER.lastMs] as number;
  }

  #take(place: number, hash: number, address: IpWords): void {
    const [numbers, words] = [this.#numbers, this.#words];
    const at = HEAD.size + place * STRIDE;
    if (this.#tags[place] !== 0) {
      numbers[HEAD.dropped] = (numbers[HEAD.dropped] as number) + 1;
      numbers[HEAD.unlisted] = (numbers[HEAD.unlisted] as number) + sumRequests(numbers, at);
    }
    // A reader that finds the same tag before and after has read one client.
    Atomics.store(this.#tags, place, 0);
    numbers.fill(0, at, at + STRIDE);
    words.set(address, at * 2 + WORD.address);
    Atomics.store(this.#tags, place, hash);
  }
}

/** The requests of about the last {@linkcode RECENT_MS}, at a later moment: exact at a steady rate. */
function decay(recent: number, elapsedMs: number): number {
  // A clock that was set back made the elapsed time negative.
  return recent * Math.max(0, 1 - Math.max(0, elapsedMs) / RECENT_MS);
}

/** Less is no time to measure a rate in: the requests of a burst come at once. */
const MIN_SPAN_MS = 2000;

/**
 * The requests per second of a client.
 *
 * @param spanMs The time between its first and its last request
 * @param elapsedMs The time since its last request
 */
export function rateOf(recent: number, spanMs: number, elapsedMs: number): number {
  // Long before the last request, the clock was set back.
  if (Math.abs(elapsedMs) > RECENT_MS) return 0;
  // At a steady rate it is the same until the next request is overdue.
  const overdue = 1000 / Math.max(1, elapsedMs);
  // A client whose first request came just now has not been counted for all of that time.
  const share = recent < 1.5
    ? 1
    : 1 - Math.exp(-Math.max(Math.abs(spanMs), MIN_SPAN_MS) / RECENT_MS);
  return Math.min(recent * 1000 / RECENT_MS / share, overdue);
}

/** The requests of the client whose numbers begin there. */
export function sumRequests(numbers: Float64Array, at: number): number {
  let sum = 0;
  for (let i = outcome.answered; i <= outcome.failed; i++) sum += numbers[at + i] as number;
  return sum;
}

function hashOf(key: readonly [number, number], address: IpWords): number {
  const [w0, w1, w2, w3] = address as unknown as readonly [number, number, number, number];
  if (isIpv4(address)) return keyedHash(key, 0, w3) | 0;
  return keyedHash(key, keyedHash(key, w0, w1), keyedHash(key, w2, w3)) | 0;
}

function isAt(words: Uint32Array, at: number, address: IpWords): boolean {
  return words[at + 3] === address[3] && words[at + 2] === address[2] &&
    words[at + 1] === address[1] && words[at] === address[0];
}
