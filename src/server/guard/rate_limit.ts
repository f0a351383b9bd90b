/** The rate limit: a token bucket per source, in memory that does not grow. */
import { type IpWords, isIpv4, isNat64 } from "../../text/ip_words.ts";
import { readOptions } from "../../options/read.ts";
import { keyedHash } from "../../system/keyed_hash.ts";
import { rateFields, type RateLimit } from "./options.ts";

/** A limit in numbers. */
export interface RateNumbers {
  /** Milliseconds per request at the sustained rate. */
  readonly intervalMs: number;
  /** How far a source may be ahead of that rate, in milliseconds. */
  readonly burstMs: number;
  readonly kod: number;
  readonly ipv4Mask: number;
  readonly ipv6Masks: IpWords;
}

/** The memory of a limit, which threads share. */
export interface RateMemory {
  readonly key: readonly [number, number];
  /** Two words for each source: its address, or a hash of that. */
  readonly sources: SharedArrayBuffer;
  /** For each source, the time at which its bucket is full again. */
  readonly fullAtMs: SharedArrayBuffer;
  /** For each source, the minute of its last KoD; empty if none is ever sent. */
  readonly kodMinutes: SharedArrayBuffer;
}

/** A limit and its memory, in a form that threads can share. */
export interface RateTable extends RateNumbers, RateMemory {}

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
 * Fills in the values of a limit that are not given.
 *
 * @throws {SyntaxError} If an option is unknown, or cannot be read
 * @throws {RangeError} If a number is out of bounds
 */
export function completeLimit(limit: RateLimit): Required<RateLimit> {
  const given = readOptions(rateFields, limit, "rateLimit");
  const { perSecond = DEFAULT_PER_SECOND, kod = 0, ipv4Prefix = 32, ipv6Prefix = 64 } = given;
  const { burst = Math.max(8, Math.ceil(perSecond * BURST_SECONDS)) } = given;
  return { perSecond, burst, kod, ipv4Prefix, ipv6Prefix };
}

/** Turns a limit into numbers; throws like {@linkcode completeLimit}. */
export function rateNumbers(limit: RateLimit): RateNumbers {
  const { perSecond, burst, kod, ipv4Prefix, ipv6Prefix } = completeLimit(limit);
  const intervalMs = 1000 / perSecond;
  return {
    intervalMs,
    // A little more: sums of fractions are not exact.
    burstMs: (burst - 1 + 1e-3) * intervalMs,
    kod,
    ipv4Mask: mask(ipv4Prefix),
    ipv6Masks: Uint32Array.of(0, 32, 64, 96).map((before) => mask(ipv6Prefix - before)),
  };
}

/** Allocates the memory of a limit; the system provides what is used of it. */
export function allocateRates(sendsKods: boolean): RateMemory {
  const [k0 = 0, k1 = 0] = crypto.getRandomValues(new Int32Array(2));
  return {
    key: [k0, k1],
    sources: new SharedArrayBuffer(PLACES * 2 * Int32Array.BYTES_PER_ELEMENT),
    fullAtMs: new SharedArrayBuffer(PLACES * Float64Array.BYTES_PER_ELEMENT),
    kodMinutes: new SharedArrayBuffer(sendsKods ? PLACES * Uint16Array.BYTES_PER_ELEMENT : 0),
  };
}

function mask(bits: number): number {
  return bits <= 0 ? 0 : -1 << (32 - Math.min(bits, 32));
}

/** The prefix that a site is given (RFC 6177): it has 65,536 networks, each of which is a source. */
const SITE_PREFIX = 48;
const SITE_MASK = mask(SITE_PREFIX - 32);
/** The rate and the burst of a site, in those of a source. */
const SITE_SOURCES = 4;

const MINUTE_MS = 60_000;

/**
 * Limits the requests of each source. Several threads may share one table: without locks, two of them at
 * the same moment may count a request too many or too few.
 */
export class RateLimiter {
  readonly #table: RateTable;
  readonly #sources: Int32Array;
  readonly #fullAtMs: Float64Array;
  readonly #kodMinutes: Uint16Array;
  readonly #random: () => number;

  /** Opens a table; `random` gives numbers from 0 to below 1. */
  constructor(table: RateTable, random: () => number) {
    this.#table = table;
    this.#sources = new Int32Array(table.sources);
    this.#fullAtMs = new Float64Array(table.fullAtMs);
    this.#kodMinutes = new Uint16Array(table.kodMinutes);
    this.#random = random;
  }

  /**
   * Takes a request from the bucket of its source, and of its site.
   *
   * @param nowMs The time since about the start, by a clock that all threads share; it may be stepped
   */
  take(words: IpWords, nowMs: number): RateVerdict {
    const { intervalMs, burstMs, kod, ipv4Mask } = this.#table;
    const isV4 = isIpv4(words) || isNat64(words);
    // No IPv6 source begins with 32 zero bits (RFC 4291 §2.4), so they mark IPv4.
    const place = isV4
      ? this.#placeOf(0, (words[3] as number) & ipv4Mask)
      : this.#placeOfIpv6(words);
    // A source over its own limit takes nothing from the others of its site.
    const passes = this.#takeFrom(place, nowMs, intervalMs, burstMs) &&
      (isV4 || this.#takeFromSite(words, nowMs));
    if (passes) return "pass";
    const random = this.#random();
    if (random < LEAK) return "pass";
    return random < LEAK + (1 - LEAK) * kod && this.#mayKod(place, nowMs) ? "kod" : "drop";
  }

  #takeFrom(place: number, nowMs: number, intervalMs: number, burstMs: number): boolean {
    const fullAtMs = this.#fullAtMs[place] as number;
    const isAhead = fullAtMs > nowMs;
    if (!isAhead || fullAtMs - nowMs <= burstMs) {
      this.#fullAtMs[place] = (isAhead ? fullAtMs : nowMs) + intervalMs;
      return true;
    }
    // No bucket can be that empty: the clock was stepped back.
    const isStepped = fullAtMs - nowMs > burstMs + intervalMs;
    if (isStepped) this.#fullAtMs[place] = nowMs + intervalMs;
    return isStepped;
  }

  #takeFromSite(words: IpWords, nowMs: number): boolean {
    // No source begins with the inverted bits of another one that is routed (RFC 4291 §2.4).
    const place = this.#placeOf(~(words[0] as number), (words[1] as number) & SITE_MASK);
    const intervalMs = this.#table.intervalMs / SITE_SOURCES;
    const burstMs = this.#table.burstMs + (SITE_SOURCES - 1) * intervalMs;
    return this.#takeFrom(place, nowMs, intervalMs, burstMs);
  }

  /** Whether a source has had no KoD in this minute. */
  #mayKod(place: number, nowMs: number): boolean {
    // 0 is no minute.
    const minute = (Math.floor(nowMs / MINUTE_MS) & 0x7fff) + 1;
    return Atomics.exchange(this.#kodMinutes, place, minute) !== minute;
  }

  #placeOfIpv6(words: IpWords): number {
    const { key, ipv6Masks: masks } = this.#table;
    let low = (words[1] as number) & (masks[1] as number);
    if (masks[2] !== 0) {
      // A place has two words: what is beyond them is hashed.
      low = keyedHash(key, low, (words[2] as number) & (masks[2] as number));
      low = keyedHash(key, low, (words[3] as number) & (masks[3] as number)) | 0;
    }
    return this.#placeOf((words[0] as number) & (masks[0] as number), low);
  }

  /** Finds the place of a source, or takes that of another one. */
  #placeOf(high: number, low: number): number {
    const sources = this.#sources;
    const first = keyedHash(this.#table.key, high, low) & (PLACES - WAYS);
    let fullest = first;
    for (let place = first; place < first + WAYS; place++) {
      if (sources[2 * place] === high && sources[2 * place + 1] === low) return place;
      if ((this.#fullAtMs[place] as number) < (this.#fullAtMs[fullest] as number)) fullest = place;
    }
    sources[2 * fullest] = high;
    sources[2 * fullest + 1] = low;
    this.#fullAtMs[fullest] = 0;
    this.#kodMinutes[fullest] = 0;
    return fullest;
  }
}
