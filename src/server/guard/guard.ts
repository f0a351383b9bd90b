/** The one place every datagram passes before a protocol sees it. */
import type { UnixTime } from "../../clock/clock.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import { refusal } from "../../protocols/responder.ts";
import { isWildcard } from "../../system/address.ts";
import type { Source } from "../../transports/exchange.ts";
import { isLoopbackIp, isUnicastIp, parseIpWords } from "../../text/ip_words.ts";
import { readOptions } from "../../options/read.ts";
import { type AccessTable, accessTable, hasRules, mayAsk } from "./access.ts";
import { accessFields, type AccessOptions, type RateLimit } from "./options.ts";
import { expandWildcard } from "../local_addresses.ts";
import { random } from "../../system/random.ts";
import { RateLimiter, type RateTable, rateTable } from "./rate_limit.ts";

/** Who may ask a server, and how often. */
export interface GuardOptions {
  /** Who may ask; everybody without it. */
  readonly access?: AccessOptions | undefined;
  /**
   * How often a source may ask, on all listeners together; `"off"` is as often as it likes.
   *
   * @default {16 requests a second and 128 at once, for clients that are not of this machine}
   */
  readonly rateLimit?: RateLimit | "off" | undefined;
}

/** All that guards of one server share, whatever thread they are in. */
export interface GuardPlan {
  readonly access: AccessTable;
  readonly deniesByKiss: boolean;
  readonly rate: RateTable | undefined;
  /** When it was planned, in seconds since 1970: where times of limits begin. */
  readonly startSeconds: number;
  /** Whether the limit holds for this machine's own clients too. */
  readonly limitsLoopback: boolean;
  /** What comes from each port: one of {@linkcode fromPort}. */
  readonly ports: Uint8Array<SharedArrayBuffer>;
  /** The addresses that the server itself has, as text. */
  readonly ownAddresses: Set<string>;
}

/** Who asks from a port. */
const fromPort = { client: 0, service: 1, ownService: 2 } as const;

/**
 * Ports from which no client asks, but services that answer anything: echo,
 * discard, daytime, qotd, chargen and time (CVE-1999-0103). Answering one would
 * start a conversation without end. To port 0 nothing can be sent at all.
 */
const SERVICE_PORTS = [0, 7, 9, 13, 17, 19, 37];

const NTP_PORT = 123;

/**
 * Plans the guards of a server.
 *
 * @throws {SyntaxError} If an option is unknown, or cannot be read
 * @throws {RangeError} If a number of the limit is out of bounds
 */
export function planGuard({ access = {}, rateLimit = {} }: GuardOptions): GuardPlan {
  const ports = new Uint8Array(new SharedArrayBuffer(65_536));
  for (const port of SERVICE_PORTS) ports[port] = fromPort.service;
  return {
    access: accessTable(readOptions(accessFields, access, "access")),
    deniesByKiss: access.denyAction === "kod",
    rate: rateLimit === "off" ? undefined : rateTable(rateLimit),
    limitsLoopback: rateLimit !== "off" && rateLimit.perSecond !== undefined,
    startSeconds: Math.floor(Date.now() / 1000),
    ports,
    ownAddresses: new Set(),
  };
}

/**
 * Notes where the server itself listens: what comes from there is its own answer, or would be answered
 * to a service like it. NTP's own port is a client's too, on all machines but this one.
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

/** A guard lets a request pass, refuses it by a number below 0, or has it kissed. */
export const PASS = 0;
export const KISS_DENY = 1;
export const KISS_RATE = 2;

const refuseSourcePort = refusal("source-port");
const refuseSourceAddress = refusal("source-address");
const refuseDenied = refusal("denied");
const refuseRate = refusal("rate-limited");

/** The guard of one listener. */
export class Guard {
  readonly #plan: GuardPlan;
  readonly #limiter: RateLimiter | undefined;
  readonly #hasRules: boolean;
  readonly #isOnLoopback: boolean;
  readonly #nowMs: (arrival: Readonly<UnixTime>) => number;
  readonly #address = new Uint32Array(4);

  /**
   * @param plan What the server's guards share
   * @param endpoint The listener
   * @param nowMs The time that limits go by: a clock that nobody makes lie, the same in all threads
   */
  constructor(
    plan: GuardPlan,
    endpoint: Endpoint,
    nowMs: (arrival: Readonly<UnixTime>) => number,
  ) {
    this.#plan = plan;
    this.#limiter = plan.rate && new RateLimiter(plan.rate, random);
    this.#hasRules = hasRules(plan.access);
    parseIpWords(endpoint.hostname, this.#address);
    this.#isOnLoopback = isLoopbackIp(this.#address);
    this.#nowMs = nowMs;
  }

  /** Decides by who sent a datagram. */
  judge(source: Source, arrival: Readonly<UnixTime>): number {
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
    if (this.#hasRules && !mayAsk(this.#plan.access, address)) {
      return this.#plan.deniesByKiss ? KISS_DENY : refuseDenied;
    }
    if (this.#limiter === undefined || isLoopback && !this.#plan.limitsLoopback) return PASS;
    const verdict = this.#limiter.judge(address, this.#nowMs(arrival));
    return verdict === "pass" ? PASS : verdict === "kod" ? KISS_RATE : refuseRate;
  }
}
