import { type WireProtocol, wireProtocols } from "../../protocols/registry.ts";
import type { DatagramStore } from "./datagram_store.ts";
import { type FindExchangesOptions, fits, MAX_OPEN, roleOf } from "./exchanges.ts";

/** Limits of what waits for a reply, or for a request before it that does. */
export interface FinderLimits {
  readonly exchanges: number;
  /** Octets of datagrams that fit no slot. */
  readonly longOctets: number;
}

const LIMITS: FinderLimits = { exchanges: 65_536, longOctets: 2 ** 24 };

const BUCKETS = 65_536;
const NONE = 0xffff_ffff;

/** An exchange by the slots of its datagrams. */
export interface FoundExchange {
  readonly protocol: WireProtocol;
  readonly request?: number;
  readonly reply?: number;
}

/** The notes on the first datagram of an exchange: the slot of its reply, and its neighbours in a chain. */
const note = { kind: 0, reply: 1, next: 2, previous: 3 } as const;

/** Bits of the kind beside the protocol's number. */
const bit = { open: 0x100, doubtful: 0x200, onlyReply: 0x400 } as const;

/**
 * Finds exchanges as `exchangesOf()` does, in datagrams that are added in the order of time, with a table of
 * bounded length. An exchange goes by the slot of its first datagram.
 */
export class ExchangeFinder {
  readonly #store: DatagramStore;
  readonly #options: FindExchangesOptions;
  readonly #limits: FinderLimits;
  /** The exchanges in the order of time, in a ring. */
  readonly #ring: Uint32Array;
  #first = 0;
  #count = 0;
  /** Chains of open requests by their hash, the latest first. */
  readonly #heads = new Uint32Array(BUCKETS).fill(NONE);

  constructor(store: DatagramStore, options: FindExchangesOptions, limits = LIMITS) {
    this.#store = store;
    this.#options = options;
    this.#limits = limits;
    this.#ring = new Uint32Array(limits.exchanges);
  }

  /** Adds a datagram, after which {@linkcode take} must be called until nothing comes. */
  add(slot: number): void {
    const octets = this.#store.octetsOf(slot);
    const answered = this.#findRequest(slot, octets);
    if (answered !== NONE) {
      this.#unlink(answered);
      this.#store.setNote(answered, note.reply, slot);
      this.#store.setNote(answered, note.kind, this.#store.note(answered, note.kind) & 0xff);
      return;
    }
    const { from, to } = this.#store.portsOf(slot);
    const role = roleOf(from, to, octets, this.#options);
    if (role === undefined) {
      this.#store.remove(slot);
      return;
    }
    const isRequest = role.part === "request";
    const bits = isRequest ? bit.open | (role.isDoubtful ? bit.doubtful : 0) : bit.onlyReply;
    this.#store.setNote(slot, note.kind, wireProtocols.indexOf(role.protocol) | bits);
    this.#store.setNote(slot, note.reply, NONE);
    this.#ring[(this.#first + this.#count++) % this.#ring.length] = slot;
    if (isRequest) this.#link(slot);
  }

  /**
   * Takes the first exchange, if no reply to it may come, if there are too many, or if the file has ended. Its
   * slots are the caller's to remove.
   */
  take(isEnd: boolean): FoundExchange | undefined {
    while (this.#count > 0) {
      const slot = this.#ring[this.#first] as number;
      const kind = this.#store.note(slot, note.kind);
      const isOpen = (kind & bit.open) !== 0;
      const isFull = this.#count === this.#limits.exchanges ||
        this.#store.longOctets > this.#limits.longOctets;
      if (isOpen && !isFull && !isEnd) return undefined;
      if (isOpen) this.#unlink(slot);
      this.#first = (this.#first + 1) % this.#ring.length;
      this.#count--;
      if ((kind & bit.doubtful) === 0) return this.#exchangeOf(slot, kind);
      this.#store.remove(slot);
    }
    return undefined;
  }

  #exchangeOf(slot: number, kind: number): FoundExchange {
    const protocol = wireProtocols[kind & 0xff] as WireProtocol;
    if ((kind & bit.onlyReply) !== 0) return { protocol, reply: slot };
    const reply = this.#store.note(slot, note.reply);
    return reply === NONE ? { protocol, request: slot } : { protocol, request: slot, reply };
  }

  /** The latest request that a datagram is the reply to. */
  #findRequest(slot: number, octets: Uint8Array): number {
    let seen = 0;
    let at = this.#heads[this.#store.hash(slot, true) % BUCKETS] as number;
    for (; at !== NONE && seen < MAX_OPEN; at = this.#store.note(at, note.next)) {
      if (!this.#store.isReverse(slot, at)) continue;
      const protocol = wireProtocols[this.#store.note(at, note.kind) & 0xff] as WireProtocol;
      if (fits(protocol, octets, this.#store.octetsOf(at))) return at;
      seen++;
    }
    return NONE;
  }

  #link(slot: number): void {
    const bucket = this.#store.hash(slot, false) % BUCKETS;
    const head = this.#heads[bucket] as number;
    this.#store.setNote(slot, note.next, head);
    this.#store.setNote(slot, note.previous, NONE);
    if (head !== NONE) this.#store.setNote(head, note.previous, slot);
    this.#heads[bucket] = slot;
  }

  #unlink(slot: number): void {
    const next = this.#store.note(slot, note.next);
    const previous = this.#store.note(slot, note.previous);
    if (next !== NONE) this.#store.setNote(next, note.previous, previous);
    if (previous !== NONE) this.#store.setNote(previous, note.next, next);
    else this.#heads[this.#store.hash(slot, false) % BUCKETS] = next;
  }
}
