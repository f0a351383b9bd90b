/** How often a source may ask: a token bucket for each, in memory that does not grow. */
import { type IpWords, isIpv4 } from "../../text/ip_words.ts";
import { readOptions } from "../../options/read.ts";
import { keyedHash } from "../../system/keyed_hash.ts";
import { rateFields, type RateLimit } from "./options.ts";

/** A limit and its memory, as other threads are given them. */
export interface RateTable {
  /** Milliseconds in which a source earns a request. */
  readonly intervalMs: number;
  /** How far ahead of itself a source may be. */
  readonly burstMs: number;
  readonly kod: number;
  readonly ipv4Mask: number;
  readonly ipv6Masks: readonly [number, number];
  readonly key: readonly [number, number];
  /** Two words of address for each source. */
  readonly sources: SharedArrayBuffer;
  /** For each source, when its bucket will be full again. */
  readonly fullAtMs: SharedArrayBuffer;
}

/** Enough for the clients of a small network behind one address, starting all at once. */
const USUAL_PER_SECOND = 16;
const BURST_SECONDS = 8;

/** Places for sources: 2 MiB, ten times the clients of a busy server of the public pool in a minute. */
const PLACES = 2 ** 17;

/** Places a source may be in; of those, the one whose bucket is fullest makes way for another. */
const WAYS = 4;

/**
 * Beyond the limit, one in so many is answered all the same: who forges a victim's address cannot have
 * it all refused, and gets back an eighth of what he sends.
 */
const LEAK = 1 / 8;

/** What becomes of a request. */
export type RateVerdict = "pass" | "drop" | "kod";

/**
 * Makes the table of a limit.
 *
 * @throws {SyntaxError} If an option is unknown, or cannot be read
 * @throws {RangeError} If a number is out of bounds
 */
export function rateTable(limit: RateLimit): RateTable {
  const given = readOptions(rateFields, limit, "rateLimit");
  const { perSecond = USUAL_PER_SECOND, kod = 0, ipv4Prefix = 32, ipv6Prefix = 64 } = given;
  const { burst = Math.max(8, Math.ceil(perSecond * BURST_SECONDS)) } = given;
  const [k0 = 0, k1 = 0] = crypto.getRandomValues(new Int32Array(2));
  const intervalMs = 1000 / perSecond;
  return {
    intervalMs,
    // A little more, for sums of fractions are not exact.
    burstMs: (burst - 1 + 1e-3) * intervalMs,
    kod,
    ipv4Mask: mask(ipv4Prefix),
    ipv6Masks: [mask(Math.min(ipv6Prefix, 32)), mask(ipv6Prefix - 32)],
    key: [k0, k1],
    sources: new SharedArrayBuffer(PLACES * 2 * Int32Array.BYTES_PER_ELEMENT),
    fullAtMs: new SharedArrayBuffer(PLACES * Float64Array.BYTES_PER_ELEMENT),
  };
}

/** The first bits of a word; none for fewer than one. */
function mask(bits: number): number {
  return bits <= 0 ? 0 : -1 << (32 - bits);
}

/**
 * Keeps sources to a limit. Several may work on one table, each in a thread of its own: they take no
 * locks, and what two of them do at the same moment may cost a source one request more or less.
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
   * Takes a request from its source's bucket.
   *
   * @param nowMs The time, from about 0 on, by any clock that all threads share; it may be stepped
   */
  judge(words: IpWords, nowMs: number): RateVerdict {
    const { intervalMs, burstMs, kod } = this.#table;
    const place = this.#placeOf(words);
    const fullAtMs = this.#fullAtMs[place] as number;
    const isAhead = fullAtMs > nowMs;
    if (!isAhead || fullAtMs - nowMs <= burstMs) {
      this.#fullAtMs[place] = (isAhead ? fullAtMs : nowMs) + intervalMs;
      return "pass";
    }
    // No bucket is ever so empty: the clock was stepped back.
    if (fullAtMs - nowMs > burstMs + intervalMs) {
      this.#fullAtMs[place] = nowMs + intervalMs;
      return "pass";
    }
    const random = this.#random();
    if (random < LEAK) return "pass";
    return random < LEAK + (1 - LEAK) * kod ? "kod" : "drop";
  }

  /** The place of a source, which may have been another's until now. */
  #placeOf(words: IpWords): number {
    const { key, ipv4Mask, ipv6Masks } = this.#table;
    const isV4 = isIpv4(words);
    // No source has an IPv6 address that begins with 32 zeros (RFC 4291 §2.4), so an IPv4 one may.
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
