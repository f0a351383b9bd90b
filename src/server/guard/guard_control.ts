/** Access rules and rate limit of a running server: shown, changed, and asked about. */
import { SharedNumbers } from "../../system/shared_numbers.ts";
import type { AccessCheck, AccessState } from "../../client/control_api.ts";
import { readOptions } from "../../options/read.ts";
import { addressFamily, isLoopback } from "../../system/address.ts";
import { isLoopbackIp, isUnicastIp, parseIpWords } from "../../text/ip_words.ts";
import { quote } from "../../text/json.ts";
import { changeAccess, findRule } from "./access_lists.ts";
import type { GuardPlan } from "./guard.ts";
import {
  formatRateLimit,
  guardFields,
  type GuardOptions,
  joinGuardOptions,
  type RateLimit,
} from "./options.ts";
import { completeLimit } from "./rate_limit.ts";
import { readRules, writeRules } from "./settings.ts";

/** The settings of all guards of a server, in all threads. */
export class GuardControl {
  readonly #page: SharedNumbers | undefined;
  readonly #atStart: GuardOptions;
  readonly #hostnames: () => readonly string[];
  #options: GuardOptions;

  /**
   * @param page That of a plan whose settings can change; without it they cannot
   * @param hostnames The addresses that the server listens on
   */
  constructor(
    page: GuardPlan["page"],
    { access, rateLimit }: GuardOptions,
    hostnames: () => readonly string[],
  ) {
    this.#page = page && new SharedNumbers(page);
    this.#options = this.#atStart = { access, rateLimit };
    this.#hostnames = hostnames;
  }

  get state(): AccessState {
    const { access: { allow = [], deny = [], denyAction = "drop" } = {} } = this.#options;
    const limit = this.limit;
    const { kod, ipv4Prefix, ipv6Prefix } = completeLimit(limit ?? {});
    return {
      allow,
      deny,
      denyAction,
      rateLimit: limit === undefined ? "off" : formatRateLimit(completeLimit(limit)),
      rateKod: kod,
      rateIpv4Prefix: ipv4Prefix,
      rateIpv6Prefix: ipv6Prefix,
      limitsThisMachine: limit?.perSecond !== undefined,
    };
  }

  /**
   * Changes the settings of every thread, all at once; what is not given stays.
   *
   * @param json `allow` and `deny` move networks to that verdict; the others replace their values
   * @throws {SyntaxError} If a key is unknown, or a value cannot be read
   * @throws {RangeError} If a number is out of bounds, options contradict each other, or there are too many networks
   */
  change(json: unknown): void {
    const given = readOptions(guardFields, json, "access", "json");
    if (Object.keys(given).length === 0) {
      throw new SyntaxError("Nothing to change: expected allow, deny, deny_action or rate_limit");
    }
    const { access, rateLimit } = joinGuardOptions(given, this.limit ?? "off");
    this.#apply({
      access: { ...this.#options.access, ...access, ...changeAccess(this.#options.access, access) },
      rateLimit,
    });
  }

  /** Restores the settings of the start. */
  reset(): void {
    this.#apply(this.#atStart);
  }

  /**
   * What would happen to a request from an address, and why.
   *
   * @throws {SyntaxError} If it is not an IP address
   */
  check(address: string): AccessCheck {
    if (addressFamily(address) === undefined) {
      throw new SyntaxError(
        `Cannot read the address ${quote(address)}: expected one such as 192.0.2.7`,
      );
    }
    const words = new Uint32Array(4);
    parseIpWords(address, words);
    const refuse = (cause: AccessCheck["cause"], reason: string, rule: string | null = null) => ({
      ...{ address, answered: false, cause, kod: false, rule, reason },
    });
    const isLocal = isLoopbackIp(words);
    if (!isLocal && !isUnicastIp(words)) {
      return refuse("source_address", "no request can come from there");
    }
    if (!isLocal && this.#hostnames().every(isLoopback)) {
      return refuse("denied", "all listeners are on loopback addresses");
    }
    const { access = {} } = this.#options;
    const { rule, isAllowed } = findRule(access, words);
    if (!isAllowed) {
      const why = rule === null ? "no rule allows it" : `denied by ${rule}`;
      const kod = access.denyAction === "kod";
      return {
        ...refuse("denied", kod ? `${why}; NTP requests get a KoD DENY` : why, rule),
        kod,
      };
    }
    const { rateLimit, limitsThisMachine } = this.state;
    const limit = rateLimit === "off"
      ? "no rate limit"
      : isLocal && !limitsThisMachine
      ? "no rate limit for this machine"
      : `rate limit ${rateLimit}`;
    const why = rule === null ? "no rule denies it" : `allowed by ${rule}`;
    return { address, answered: true, cause: null, kod: false, rule, reason: `${why}; ${limit}` };
  }

  /** Whether the access rules allow an address. */
  isAllowed(address: string): boolean {
    const words = new Uint32Array(4);
    parseIpWords(address, words);
    return findRule(this.#options.access ?? {}, words).isAllowed;
  }

  /** The rate limit; undefined if there is none. */
  get limit(): RateLimit | undefined {
    const { rateLimit = {} } = this.#options;
    return rateLimit === "off" ? undefined : rateLimit;
  }

  #apply(options: GuardOptions): void {
    if (this.#page === undefined) throw new RangeError("These settings cannot change");
    writeRules(this.#page, readRules(options));
    this.#options = options;
  }
}
