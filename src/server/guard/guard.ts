/** The checks that every datagram passes before a protocol sees it. */
import type { UnixTime } from "../../clock/clock.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import { refusal } from "../../protocols/responder.ts";
import { isWildcard } from "../../system/address.ts";
import type { Source } from "../../transports/exchange.ts";
import { isLoopbackIp, isUnicastIp, parseIpWords } from "../../text/ip_words.ts";
import { isAllowed } from "./access.ts";
import type { GuardOptions } from "./options.ts";
import { expandWildcard } from "../local_addresses.ts";
import { allocateRates, type RateMemory } from "./rate_limit.ts";
import { createRulesPage, type GuardRules, GuardSettings, readRules } from "./settings.ts";
import { NTP_PORT } from "../../protocols/ntp/packet.ts";

/** The data that the guards of one server share, in all threads. */
export interface GuardPlan {
  /** The settings of the start. */
  readonly rules: GuardRules;
  /** The memory of the rate limit, if there can be one. */
  readonly memory: RateMemory | undefined;
  /** The page of the settings, if they can change. */
  readonly page?: SharedArrayBuffer | undefined;
  /** The origin of the times of the limit, in seconds since 1970. */
  readonly startSeconds: number;
  /** The kind of sender for each source port: one of {@linkcode fromPort}. */
  readonly ports: Uint8Array<SharedArrayBuffer>;
  /** The addresses that the server itself listens on. */
  readonly ownAddresses: Set<string>;
}

const fromPort = { client: 0, service: 1, ownService: 2 } as const;

/**
 * Ports of services that reply to any datagram: echo, discard, daytime, qotd, chargen and time
 * (CVE-1999-0103). A reply to one would start an endless loop. Nothing can be sent to port 0.
 */
const SERVICE_PORTS = [0, 7, 9, 13, 17, 19, 37];

/**
 * Plans the guards of a server.
 *
 * @param isChangeable Whether its settings can change while it runs
 * @throws {SyntaxError} If an option is unknown, or cannot be read
 * @throws {RangeError} If a number of the limit is out of bounds
 */
export function planGuard(options: GuardOptions, isChangeable = false): GuardPlan {
  const ports = new Uint8Array(new SharedArrayBuffer(65_536));
  for (const port of SERVICE_PORTS) ports[port] = fromPort.service;
  const rules = readRules(options);
  const { rate } = rules;
  const hasMemory = isChangeable || rate !== undefined;
  return {
    rules,
    memory: hasMemory
      ? allocateRates(isChangeable || rate !== undefined && rate.kod > 0)
      : undefined,
    page: isChangeable ? createRulesPage(rules) : undefined,
    startSeconds: Math.floor(Date.now() / 1000),
    ports,
    ownAddresses: new Set(),
  };
}

/** Opens the settings of a plan for the guards of one thread. */
export function openSettings({ rules, memory, page }: GuardPlan): GuardSettings {
  return new GuardSettings(rules, memory, page);
}

/**
 * Records an address that the server itself listens on: a datagram from there is one of its replies, or
 * would start a loop with a service like it. On other machines, NTP clients send from port 123 too.
 */
export function noteListener(plan: GuardPlan, { protocol, hostname, port }: Endpoint): void {
  const own = expandWildcard(hostname).hostnames;
  for (const address of own) plan.ownAddresses.add(address);
  if (isWildcard(hostname)) ["127.0.0.1", "::1"].forEach((each) => plan.ownAddresses.add(each));
  if (plan.ports[port] === fromPort.service) return;
  plan.ports[port] = protocol === "ntp" || port === NTP_PORT
    ? fromPort.ownService
    : fromPort.service;
}

/** Verdicts of a guard: admit, or reply with a kiss-o'-death (KoD); refusals are below 0. */
export const PASS = 0;
export const KOD_DENY = 1;
export const KOD_RATE = 2;

const refuseSourcePort = refusal("source_port");
const refuseSourceAddress = refusal("source_address");
const refuseDenied = refusal("denied");
const refuseRate = refusal("rate_limited");

export class Guard {
  readonly #plan: GuardPlan;
  readonly #settings: GuardSettings;
  readonly #isOnLoopback: boolean;
  readonly #nowMs: (arrival: Readonly<UnixTime>) => number;
  readonly #address = new Uint32Array(4);

  /**
   * @param nowMs The time of the limit: a clock that is never simulated, the same in all threads
   * @param settings Those of its thread
   */
  constructor(
    plan: GuardPlan,
    endpoint: Endpoint,
    nowMs: (arrival: Readonly<UnixTime>) => number,
    settings: GuardSettings = openSettings(plan),
  ) {
    this.#plan = plan;
    this.#settings = settings;
    parseIpWords(endpoint.hostname, this.#address);
    this.#isOnLoopback = isLoopbackIp(this.#address);
    this.#nowMs = nowMs;
  }

  /** Begins a batch, whose datagrams are all admitted by one reading of the settings. */
  look(): void {
    this.#settings.look();
  }

  /** Decides by its sender whether a datagram is admitted. Allocates nothing. */
  admit(source: Source, arrival: Readonly<UnixTime>): number {
    const kind = this.#plan.ports[source.port] as number;
    if (kind === fromPort.service) return refuseSourcePort;
    const address = this.#address;
    source.readAddress(address);
    const isLoopback = isLoopbackIp(address);
    if (!isLoopback && !isUnicastIp(address)) return refuseSourceAddress;
    if (kind === fromPort.ownService && this.#plan.ownAddresses.has(source.hostname)) {
      return refuseSourceAddress;
    }
    if (this.#isOnLoopback && !isLoopback) return refuseDenied;
    const { hasRules, access, deniesWithKod, limiter, limitsLoopback } = this.#settings;
    const isDenied = hasRules && !isAllowed(access, address);
    if (isDenied && !deniesWithKod) return refuseDenied;
    const verdict = limiter === undefined || isLoopback && !limitsLoopback
      ? "pass"
      : limiter.take(address, this.#nowMs(arrival));
    // A KoD is a reply too: a forger must not have more of them sent than of other replies.
    if (isDenied) return verdict === "pass" ? KOD_DENY : refuseDenied;
    return verdict === "pass" ? PASS : verdict === "kod" ? KOD_RATE : refuseRate;
  }
}
