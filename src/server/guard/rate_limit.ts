/** How often a source may ask: a token bucket for each, in memory that does not grow. */
import { type IpWords, isIpv4 } from "../../text/ip_words.ts";
import { keyedHash } from "../../system/keyed_hash.ts";

/** How often a source may ask. */
export interface RateLimit {
  /**
   * Requests a second, above 0, that each source may make for ever. Given, it holds for clients of this
   * machine as well.
   *
   * @default {16}
   */
  readonly perSecond?: number;
  /**
   * Requests that it may make at once after a silence: a whole number above 0.
   *
   * @default {8 seconds' worth, and 8 at least}
   */
  readonly burst?: number;
  /**
   * Of the NTP requests beyond that, the share that is answered with the kiss-o'-death `RATE`; the
   * others are dropped.
   *
   * @default {0}
   */
  readonly kod?: number;
  /**
   * How many bits of an IPv4 address make a source, 1 to 32.
   *
   * @default {32}
   */
  readonly ipv4Prefix?: number;
  /**
   * How many bits of an IPv6 address make a source, 1 to 64.
   *
   * @default {64}
   */
  readonly ipv6Prefix?: number;
}

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
 * @throws {RangeError} If a number is out of range
 */
export function rateTable(limit: RateLimit): RateTable {
  const { perSecond = USUAL_PER_SECOND, kod = 0, ipv4Prefix = 32, ipv6Prefix = 64 } = limit;
  const { burst = Math.max(8, Math.ceil(perSecond * BURST_SECONDS)) } = limit;
  check(
    perSecond > 0 && perSecond <= 1e6,
    `${perSecond} requests a second`,
    "above 0, up to 1000000",
  );
  check(
    Number.isInteger(burst) && burst >= 1 && burst <= 1e9,
    `a burst of ${burst}`,
    "1 to 1000000000",
  );
  check(kod >= 0 && kod <= 1, `a share of ${kod}`, "0 to 1");
  check(isPrefix(ipv4Prefix, 32), `an IPv4 prefix of ${ipv4Prefix} bits`, "1 to 32");
  check(isPrefix(ipv6Prefix, 64), `an IPv6 prefix of ${ipv6Prefix} bits`, "1 to 64");
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

function check(isRight: boolean, what: string, expected: string): void {
  if (!isRight) throw new RangeError(`Cannot limit to ${what}: expected ${expected}`);
}

function isPrefix(bits: number, most: number): boolean {
  return Number.isInteger(bits) && bits >= 1 && bits <= most;
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
