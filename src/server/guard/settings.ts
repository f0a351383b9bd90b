/** The settings of a server's guards: access rules and rate limit, in numbers that threads can share. */
import { SharedNumbers } from "../../system/shared_numbers.ts";
import { readOptions } from "../../options/read.ts";
import { random } from "../../system/random.ts";
import { type AccessTable, accessTable, hasRules } from "./access.ts";
import { accessFields, type GuardOptions } from "./options.ts";
import { RateLimiter, type RateMemory, type RateNumbers, rateNumbers } from "./rate_limit.ts";

/** The settings at one time. */
export interface GuardRules {
  readonly access: AccessTable;
  readonly deniesWithKod: boolean;
  /** The limit, if there is one. */
  readonly rate: RateNumbers | undefined;
  /** Whether the limit applies to clients on this machine too. */
  readonly limitsLoopback: boolean;
}

/**
 * Reads the options of a guard.
 *
 * @throws {SyntaxError} If an option is unknown, or cannot be read
 * @throws {RangeError} If a number of the limit is out of bounds
 */
export function readRules({ access = {}, rateLimit = {} }: GuardOptions): GuardRules {
  return {
    access: accessTable(readOptions(accessFields, access, "access")),
    deniesWithKod: access.denyAction === "kod",
    rate: rateLimit === "off" ? undefined : rateNumbers(rateLimit),
    limitsLoopback: rateLimit !== "off" && rateLimit.perSecond !== undefined,
  };
}

/** Numbers of a page for settings that may change: room for some thousand networks. */
const MIN_PAGE = 2 ** 15;

/** The numbers before those of the two trees. */
const HEAD = 13;

/** Makes a page for these settings and later ones, through which they reach all threads. */
export function createRulesPage(rules: GuardRules): SharedArrayBuffer {
  const numbers = toNumbers(rules);
  const page = new SharedNumbers(Math.max(MIN_PAGE, 2 * numbers.length));
  page.write(numbers);
  return page.buffer;
}

/**
 * Writes a page. Only one thread may.
 *
 * @throws {RangeError} If there are more networks than it has room for
 */
export function writeRules(page: SharedNumbers, rules: GuardRules): void {
  const numbers = toNumbers(rules);
  if (8 + 8 * numbers.length > page.buffer.byteLength) {
    throw new RangeError("Too many networks for a server that runs: give them at its start");
  }
  page.write(numbers);
}

/** The settings as one thread reads them. */
export class GuardSettings implements GuardRules {
  access!: AccessTable;
  deniesWithKod!: boolean;
  rate: RateNumbers | undefined;
  limitsLoopback!: boolean;
  hasRules!: boolean;
  limiter: RateLimiter | undefined;
  readonly #memory: RateMemory | undefined;
  readonly #page: SharedNumbers | undefined;

  /**
   * @param memory The memory of the rate limit; there is none if there can be no limit
   * @param page The page that the settings are read from when they have changed; without it they never do
   */
  constructor(rules: GuardRules, memory: RateMemory | undefined, page?: SharedArrayBuffer) {
    this.#memory = memory;
    this.#page = page && new SharedNumbers(page);
    this.#apply(rules);
  }

  /** Reads them again if they have changed: once per batch, which costs the reading of one number. */
  look(): void {
    if (this.#page?.hasChanged) this.#apply(fromNumbers(this.#page.read()));
  }

  #apply(rules: GuardRules): void {
    Object.assign(this, rules);
    this.hasRules = hasRules(rules.access);
    this.limiter = rules.rate && this.#memory &&
      new RateLimiter({ ...rules.rate, ...this.#memory }, random);
  }
}

function toNumbers({ access, deniesWithKod, rate, limitsLoopback }: GuardRules): number[] {
  const { intervalMs = 0, burstMs = 0, kod = 0, ipv4Mask = 0, ipv6Masks = [0, 0, 0, 0] } = rate ??
    {};
  return [
    ...[access.isOpen, deniesWithKod, limitsLoopback].map(Number),
    ...[intervalMs, burstMs, kod, ipv4Mask],
    ...ipv6Masks,
    ...[access.ipv4.length, access.ipv6.length],
    ...access.ipv4,
    ...access.ipv6,
  ];
}

function fromNumbers(numbers: Float64Array): GuardRules {
  const [isOpen, deniesWithKod, limitsLoopback, ...rest] = numbers.subarray(0, HEAD);
  const [intervalMs = 0, burstMs = 0, kod = 0, ipv4Mask = 0, ...more] = rest;
  const [ipv4Length = 0, ipv6Length = 0] = more.slice(4);
  const trees = numbers.subarray(HEAD);
  return {
    access: {
      ipv4: Int32Array.from(trees.subarray(0, ipv4Length)),
      ipv6: Int32Array.from(trees.subarray(ipv4Length, ipv4Length + ipv6Length)),
      isOpen: isOpen === 1,
    },
    deniesWithKod: deniesWithKod === 1,
    // No interval is 0.
    rate: intervalMs === 0
      ? undefined
      : { intervalMs, burstMs, kod, ipv4Mask, ipv6Masks: Uint32Array.from(more.slice(0, 4)) },
    limitsLoopback: limitsLoopback === 1,
  };
}
