/** Follows upstream servers: sockets, names and timers around the discipline. */
import type { Clock } from "../../clock/clock.ts";
import { openRawClock, type RawBase, type RawOrigin } from "../../clock/kernel_clocks.ts";
import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import type { SourceContext } from "../../clock/sources/source.ts";
import { measure, type Measured, openNtsSession, requestOptions } from "../../client/query.ts";
import type { NtsSession } from "../../client/exchange.ts";
import { type Network, systemNetwork } from "../../client/network.ts";
import type { DisciplineState } from "../../discipline/discipline.ts";
import { UpstreamSource } from "../../discipline/source.ts";
import type { NtpReply } from "../../protocols/reply.ts";
import { addressFamily } from "../../system/address.ts";
import { requireNet } from "../../system/permission.ts";
import { random } from "../../system/random.ts";
import { readSeconds } from "../../text/duration.ts";
import { UpstreamAddresses } from "./addresses.ts";
import { onBase } from "./base_network.ts";
import { isOwnStatus, OwnIds } from "./loops.ts";
import { type UpstreamLog, UpstreamNews } from "./news.ts";
import { parseUpstream, type UpstreamOptions, type UpstreamSpec } from "./options.ts";
import { referenceIdOf } from "./reference_id.ts";
import type { UpstreamReport } from "./report.ts";
import { toUpstreamReply } from "./upstream_reply.ts";
import { runtime } from "../../system/runtime.ts";

/** How long a reply may take. */
const TIMEOUT_SECONDS = 1.5;

/** With the key exchange that may come before. */
const NTS_TIMEOUT_SECONDS = 5;

/** The longest wait without a look at what else happened: a suspend, for one. */
const TICK_MS = 1000;

/** Eight requests without a reply, or as long against the majority: another address of the name is tried. */
const GIVE_UP_POLLS = 8;

const DEFAULT_MAX_DISTANCE = "1s";

interface Slot {
  readonly spec: UpstreamSpec;
  address: string | undefined;
  id: number;
  /** Keys and cookies of the address, if it is queried by NTS. */
  session: NtsSession | undefined;
  /** Requests since the address was taken, and those in a row that made it no truechimer. */
  asked: number;
  wrong: number;
  requests: number;
  replies: number;
}

export class Upstreams {
  readonly #specs: readonly UpstreamSpec[];
  readonly #raw: RawBase;
  readonly #network: Network;
  readonly #log: UpstreamLog | undefined;
  readonly #keys: SymmetricKeys | undefined;
  readonly #ntsCa: string | undefined;
  readonly #maxDistance: number;
  readonly #slots: Slot[] = [];
  readonly #end = new AbortController();
  #source: UpstreamSource | undefined;
  #addresses: UpstreamAddresses | undefined;
  #ownIds = new OwnIds([], []);
  readonly #followers = new Set<string>();
  #loop: Promise<void> | undefined;
  readonly #news: UpstreamNews;

  /** Reads the options, as {@linkcode parseUpstream} does, and opens the clock. */
  constructor(
    { upstreams = [], maxDistance = DEFAULT_MAX_DISTANCE }: UpstreamOptions,
    { log, keys, ntsCa, network = systemNetwork, raw = openRawClock() }: {
      readonly log?: UpstreamLog | undefined;
      readonly keys?: SymmetricKeys | undefined;
      readonly ntsCa?: string | undefined;
      readonly network?: Network;
      readonly raw?: RawBase;
    },
  ) {
    this.#specs = upstreams.map(parseUpstream);
    this.#keys = keys;
    this.#ntsCa = ntsCa;
    for (const { endpoint } of this.#specs) requestOptions(endpoint, { keys });
    this.#maxDistance = readSeconds(maxDistance);
    this.#log = log;
    this.#news = new UpstreamNews(log);
    this.#raw = raw;
    this.#network = onBase(network, raw.clock);
  }

  /** The clock that is corrected. */
  get base(): Clock {
    return this.#raw.clock;
  }

  /** The origin of that clock in other threads; undefined where they cannot read it. */
  get origin(): RawOrigin | undefined {
    return this.#raw.origin;
  }

  readonly open = (context: SourceContext): UpstreamSource => {
    const source = new UpstreamSource(context, { random, maxDistance: this.#maxDistance });
    for (const spec of this.#specs) {
      for (let i = 0; i < spec.pool; i++) {
        source.discipline.add(0, spec.limits);
        this.#slots.push({
          spec,
          address: undefined,
          id: 0,
          session: undefined,
          asked: 0,
          wrong: 0,
          requests: 0,
          replies: 0,
        });
      }
    }
    return this.#source = source;
  };

  /**
   * Begins to ask.
   *
   * @param ownAddresses The addresses that the server listens on, those of its wildcards too
   * @param listeners Its listeners
   * @throws {RangeError} If an upstream is one of them
   * @throws {Deno.errors.NotCapable} If the permission to reach an upstream, or to look it up, is missing
   */
  start(ownAddresses: ReadonlySet<string>, listeners: readonly { readonly port: number }[]): void {
    const isOwn = (hostname: string, port: number): boolean =>
      ownAddresses.has(hostname) && listeners.some((own) => own.port === port);
    for (const { url, endpoint: { hostname, port } } of this.#specs) {
      if (isOwn(hostname, port)) throw new RangeError(`${url} is this server itself`);
      requireNet(hostname, addressFamily(hostname) && port);
    }
    this.#ownIds = new OwnIds(ownAddresses, listeners.map(({ port }) => port));
    if (this.#slots.length < 3) {
      this.#log?.warning(
        "Fewer than three upstream servers cannot outvote one that is wrong",
      );
    }
    const warn = (message: string): void => this.#log?.warning(message);
    this.#addresses = new UpstreamAddresses({ network: this.#network, isOwn, warn });
    this.#loop = this.#run();
  }

  /** The upstream servers, in the order of the options. */
  list(): UpstreamReport[] {
    const source = this.#source;
    if (source === undefined) return [];
    const { discipline, now } = source;
    return this.#slots.map(({ spec, address, requests, replies }, i) => {
      const { filter, intervalExponent: poll, reach, last } = discipline.upstreams[i] ?? unknown;
      const estimate = filter?.estimate(now);
      return {
        url: spec.url,
        address,
        ...discipline.stateOf(i),
        stratum: last?.stratum,
        offset: estimate && source.fromServed(estimate.offset),
        delay: last?.delay,
        jitter: estimate?.offsetDeviation,
        poll,
        reach,
        lastReply: last && now - last.at,
        requests,
        replies,
      };
    });
  }

  /** The state of the time served, and its root distance in seconds if it is synchronised. */
  get discipline(): { readonly state: DisciplineState; readonly distance: number | undefined } {
    const source = this.#source;
    if (source === undefined) return { state: "unsynchronized", distance: undefined };
    const { discipline, now } = source;
    const distance = discipline.distance(now);
    return { state: discipline.state, distance: distance === Infinity ? undefined : distance };
  }

  async shutdown(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    const source = this.#source as UpstreamSource;
    const { timers } = this.#network;
    try {
      while (true) {
        const { index, at } = source.discipline.next;
        const waitMs = Math.min(Math.ceil((at - source.now) * 1000), TICK_MS);
        await timers.sleep(waitMs, signal);
        if (this.#raw.hasSlept()) this.#restart("the machine was suspended");
        if (at <= source.now) void this.#ask(index);
        this.#report();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #restart(why: string): void {
    const { discipline, now } = this.#source as UpstreamSource;
    if (discipline.state !== "unsynchronized") {
      this.#log?.upstream(`Asking all servers again: ${why}`);
    }
    discipline.jumped(now);
    this.#source?.onChange();
    this.#report();
  }

  /** Asks an upstream once. */
  async #ask(index: number): Promise<void> {
    const source = this.#source as UpstreamSource;
    const slot = this.#slots[index] as Slot;
    const { discipline } = source;
    discipline.sent(index, source.now);
    const upstream = discipline.upstreams[index];
    try {
      if (slot.address === undefined) {
        const { address, isKnown } = await (this.#addresses as UpstreamAddresses).take(slot.spec);
        if (address === undefined) {
          if (isKnown) discipline.vacant(index, source.now);
          else discipline.lost(index, source.now);
          return;
        }
        slot.address = address;
      }
      slot.asked++;
      slot.requests++;
      const measured = await this.#measure(slot);
      slot.id ||= await referenceIdOf(slot.address, slot.spec.endpoint.port);
      const isFollower = await this.#isFollower(slot, measured);
      // Another address may have taken its place meanwhile.
      if (upstream !== discipline.upstreams[index] || this.#end.signal.aborted) return;
      if (isFollower) discipline.unusable(index, source.now);
      else this.#take(index, slot, measured);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      if (error instanceof runtime.errors.NotCapable) discipline.upstreams[index]?.refused();
      else discipline.lost(index, source.now);
      this.#log?.warning((error as Error).message);
    }
    this.#report();
    await this.#replace(index, slot);
  }

  async #measure(slot: Slot): Promise<Measured<NtpReply>> {
    const { spec: { endpoint }, address = "" } = slot;
    if (endpoint.nts) slot.session ??= await openNtsSession(endpoint);
    const target = { ...endpoint, addresses: [address], session: slot.session };
    const { signal } = this.#end;
    return await measure<NtpReply>(target, {
      timeout: endpoint.nts ? NTS_TIMEOUT_SECONDS : TIMEOUT_SECONDS,
      retries: 0,
      network: this.#network,
      keys: this.#keys,
      ntsCa: this.#ntsCa,
      signal,
    });
  }

  #take(index: number, slot: Slot, { reply, error }: Measured<NtpReply>): void {
    const source = this.#source as UpstreamSource;
    const { discipline } = source;
    if (error?.reason === "kiss_o_death") {
      const code = reply?.referenceId ?? "DENY";
      discipline.kissed(index, code, source.now);
      if (discipline.upstreams[index]?.isRefused) {
        this.#log?.warning(`${nameOf(slot)} refuses service (KoD ${code}): it is asked no more`);
      }
    } else if (reply === undefined || source.hasLeaptSince(reply.sentAt.epochNanoseconds)) {
      discipline.lost(index, source.now);
    } else if (error !== undefined || isOwnStatus(reply.packet, source.content.status)) {
      discipline.unusable(index, source.now);
    } else {
      slot.replies++;
      discipline.replied(index, toUpstreamReply(reply, slot.id, source), source.now);
    }
    source.onChange();
  }

  async #isFollower(slot: Slot, { reply }: Measured<NtpReply>): Promise<boolean> {
    if (reply === undefined || !await this.#ownIds.isFollower(reply.packet)) return false;
    const name = nameOf(slot);
    if (!this.#followers.has(name)) {
      this.#followers.add(name);
      this.#log?.warning(`${name} follows this server: it is not followed`);
    }
    return true;
  }

  /** Gives up an address that is silent, refuses, or is wrong, if its name has another one. */
  async #replace(index: number, slot: Slot): Promise<void> {
    const { discipline } = this.#source as UpstreamSource;
    const { address, spec } = slot;
    const { state } = discipline.stateOf(index);
    slot.wrong = state === "falseticker" || state === "unsynchronized" ? slot.wrong + 1 : 0;
    const isSilent = state === "silent" && slot.asked >= GIVE_UP_POLLS;
    const isUseless = isSilent || state === "refused" || slot.wrong >= GIVE_UP_POLLS;
    if (!isUseless || address === undefined) return;
    const other = await this.#addresses?.replace(spec);
    if (other === undefined || this.#end.signal.aborted) return;
    this.#addresses?.giveUp(spec, address, isSilent);
    Object.assign(slot, { address: other, id: 0, session: undefined, asked: 0, wrong: 0 });
    discipline.replace(index, (this.#source as UpstreamSource).now);
  }

  #report(): void {
    const { discipline, now } = this.#source as UpstreamSource;
    const best = this.#slots.find((_, i) => discipline.stateOf(i).state === "selected");
    this.#news.report(discipline, best && nameOf(best), now);
  }
}

function nameOf({ spec: { url }, address }: Slot): string {
  return `${url} (${address})`;
}

const unknown = { filter: undefined, intervalExponent: 0, reach: 0, last: undefined } as const;
