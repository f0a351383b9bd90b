/** The rate limit: a token bucket per source, in memory that does not grow. */
import { type IpWords, isIpv4 } from "../../text/ip_words.ts";
import { readOptions } from "../../options/read.ts";
import { keyedHash } from "../../system/keyed_hash.ts";
import { rateFields, type RateLimit } from "./options.ts";

/** A limit and its memory, in a form that threads can share. */
export interface RateTable {
  /** Milliseconds per request at the sustained rate. */
  readonly intervalMs: number;
  /** How far a source may be ahead of that rate, in milliseconds. */
  readonly burstMs: number;
  readonly kod: number;
  readonly ipv4Mask: number;
  readonly ipv6Masks: readonly [number, number];
  readonly key: readonly [number, number];
  /** Two words of address for each source. */
  readonly sources: SharedArrayBuffer;
  /** For each source, the time at which its bucket is full again. */
  readonly fullAtMs: SharedArrayBuffer;
}

/** Enough for a small network behind one address whose clients start at the same time. */
const DEFAULT_PER_SECOND = 16;
const BURST_SECONDS = 8;

/** Sources in the table: 2 MiB, ten times the clients per minute of a busy server of the public pool. */
const PLACES = 2 ** 17;

/** The places of one hash; the source whose bucket is fullest makes room for another. */
const WAYS = 4;

/**
 * The share of requests beyond the limit that is admitted all the same: a flood with the forged address of a
 * client does not lock it out, and only an eighth of the flood is reflected to it.
 */
const LEAK = 1 / 8;

export type RateVerdict = "pass" | "drop" | "kod";

/**
 * Makes the table of a limit.
 *
 * @throws {SyntaxError} If an option is unknown, or cannot be read
 * @throws {RangeError} If a number is out of bounds
 */
export function rateTable(limit: RateLimit): RateTable {
  const given = readOptions(rateFields, limit, "rateLimit");
  const { perSecond = DEFAULT_PER_SECOND, kod = 0, ipv4Prefix = 32, ipv6Prefix = 64 } = given;
  const { burst = Math.max(8, Math.ceil(perSecond * BURST_SECONDS)) } = given;
  const [k0 = 0, k1 = 0] = crypto.getRandomValues(new Int32Array(2));
  const intervalMs = 1000 / perSecond;
  return {
    intervalMs,
    // A little more: sums of fractions are not exact.
    burstMs: (burst - 1 + 1e-3) * intervalMs,
    kod,
    ipv4Mask: mask(ipv4Prefix),
    ipv6Masks: [mask(Math.min(ipv6Prefix, 32)), mask(ipv6Prefix - 32)],
    key: [k0, k1],
    sources: new SharedArrayBuffer(PLACES * 2 * Int32Array.BYTES_PER_ELEMENT),
    fullAtMs: new SharedArrayBuffer(PLACES * Float64Array.BYTES_PER_ELEMENT),
  };
}

function mask(bits: number): number {
  return bits <= 0 ? 0 : -1 << (32 - bits);
}

/**
 * Limits the requests of each source. Several threads may share one table: without locks, two of them at
 * the same moment may count a request too many or too few.
 */
export class RateLimiter {
  readonly #table: RateTable;
  readonly #sources: Int32Array;
  readonly #fullAtMs: Float64Array;
  readonly #random: () => number;

  /** Opens a table; `random` gives numbers from 0 to below 1. */
  constructor(table: RateTable, random: () => number) {
    this.#table = table;
    this.#sources = new Int32Array(table.sources);
    this.#fullAtMs = new Float64Array(table.fullAtMs);
    this.#random = random;
  }

  /**
   * Takes a request from the bucket of its source.
   *
   * @param nowMs The time since about the start, by a clock that all threads share; it may be stepped
   */
  take(words: IpWords, nowMs: number): RateVerdict {
    const { intervalMs, burstMs, kod } = this.#table;
    const place = this.#placeOf(words);
    const fullAtMs = this.#fullAtMs[place] as number;
    const isAhead = fullAtMs > nowMs;
    if (!isAhead || fullAtMs - nowMs <= burstMs) {
      this.#fullAtMs[place] = (isAhead ? fullAtMs : nowMs) + intervalMs;
      return "pass";
    }
    // No bucket can be that empty: the clock was stepped back.
    if (fullAtMs - nowMs > burstMs + intervalMs) {
      this.#fullAtMs[place] = nowMs + intervalMs;
      return "pass";
    }
    const random = this.#random();
    if (random < LEAK) return "pass";
    return random < LEAK + (1 - LEAK) * kod ? "kod" : "drop";
  }

  /** Finds the place of a source, or takes that of another one. */
  #placeOf(words: IpWords): number {
    const { key, ipv4Mask, ipv6Masks } = this.#table;
    const isV4 = isIpv4(words);
    // No IPv6 source begins with 32 zero bits (RFC 4291 §2.4), so they mark IPv4.
    const high = isV4 ? 0 : (words[0] as number) & ipv6Masks[0];
    const low = isV4 ? (words[3] as number) & ipv4Mask : (words[1] as number) & ipv6Masks[1];
    const sources = this.#sources;
    const first = keyedHash(key, high, low) & (PLACES - WAYS);
    let fullest = first;
    for (let place = first; place < first + WAYS; place++) {
      if (sources[2 * place] === high && sources[2 * place + 1] === low) return place;
      if ((this.#fullAtMs[place] as number) < (this.#fullAtMs[fullest] as number)) fullest = place;
    }
    sources[2 * fullest] = high;
    sources[2 * fullest + 1] = low;
    this.#fullAtMs[fullest] = 0;
    return fullest;
  }
}
