/**
 * Datagrams in numbered slots of one buffer. As objects, a hundred thousand of them that live a short while
 * each make the garbage collector keep several times the room of those that are needed.
 */
import { keyedHash } from "../../system/keyed_hash.ts";
import { random32 } from "../../system/random.ts";
import { type Datagram, formatIp, type RawDatagram, toInstant } from "./datagram.ts";

/** A slot in words of 32 bits; the payload of common protocols fits the rest. */
const SLOT_WORDS = 36;
const word = { from: 0, to: 4, ports: 8, lengths: 9, seconds: 10, nanoseconds: 12, note: 13 };

/** How many words of a slot are the owner's, for what it has to note about a datagram. */
const NOTES = 4;
const PAYLOAD_AT = word.note + NOTES;
const PAYLOAD_ROOM = 4 * (SLOT_WORDS - PAYLOAD_AT);
const ADDRESS_WORDS = 4;

const FIRST_SLOTS = 1024;

export class DatagramStore {
  #words = new Uint32Array(FIRST_SLOTS * SLOT_WORDS);
  #octets = new Uint8Array(this.#words.buffer);
  #seconds = new Float64Array(this.#words.buffer);
  /** The slots that are free again, as a stack; those from `#unused` on have never been used. */
  readonly #free: number[] = [];
  #unused = 0;
  /** Payloads that do not fit a slot. */
  readonly #long = new Map<number, Uint8Array>();
  #longOctets = 0;
  /** A hostile file cannot choose addresses that share a hash. */
  readonly #key = [random32(), random32()] as const;

  /** How many octets are kept outside of the slots. */
  get longOctets(): number {
    return this.#longOctets;
  }

  /** Copies a datagram into a free slot. */
  add({ time, from, to, octets }: RawDatagram): number {
    const slot = this.#free.pop() ?? this.#unused++;
    if (slot * SLOT_WORDS === this.#words.length) this.#grow();
    const base = slot * SLOT_WORDS;
    this.#words.fill(0, base, base + word.ports);
    this.#octets.set(from.address, 4 * (base + word.from));
    this.#octets.set(to.address, 4 * (base + word.to));
    this.#words[base + word.ports] = from.port * 0x1_0000 + to.port;
    this.#words[base + word.lengths] = from.address.length * 0x1_0000 + octets.length;
    this.#seconds[(base + word.seconds) / 2] = time.seconds;
    this.#words[base + word.nanoseconds] = time.nanoseconds;
    if (octets.length <= PAYLOAD_ROOM) this.#octets.set(octets, 4 * (base + PAYLOAD_AT));
    else {
      this.#long.set(slot, octets.slice());
      this.#longOctets += octets.length;
    }
    return slot;
  }

  remove(slot: number): void {
    const long = this.#long.get(slot);
    if (long) {
      this.#long.delete(slot);
      this.#longOctets -= long.length;
    }
    this.#free.push(slot);
  }

  /** The payload, which is another's after the slot is removed. */
  octetsOf(slot: number): Uint8Array {
    const length = (this.#words[slot * SLOT_WORDS + word.lengths] as number) & 0xffff;
    const at = 4 * (slot * SLOT_WORDS + PAYLOAD_AT);
    return this.#long.get(slot) ?? this.#octets.subarray(at, at + length);
  }

  portsOf(slot: number): { from: number; to: number } {
    const ports = this.#words[slot * SLOT_WORDS + word.ports] as number;
    return { from: ports >>> 16, to: ports & 0xffff };
  }

  note(slot: number, index: number): number {
    return this.#words[slot * SLOT_WORDS + word.note + index] as number;
  }

  setNote(slot: number, index: number, value: number): void {
    this.#words[slot * SLOT_WORDS + word.note + index] = value;
  }

  /** A copy, for the library's users. */
  datagramOf(slot: number): Datagram {
    const base = slot * SLOT_WORDS;
    const seconds = this.#seconds[(base + word.seconds) / 2] as number;
    const nanoseconds = this.#words[base + word.nanoseconds] as number;
    const ports = this.portsOf(slot);
    return {
      time: toInstant({ seconds, nanoseconds }),
      from: { hostname: this.#addressAt(slot, word.from), port: ports.from },
      to: { hostname: this.#addressAt(slot, word.to), port: ports.to },
      octets: this.octetsOf(slot).slice(),
    };
  }

  isBefore(slot: number, other: number): boolean {
    const [base, otherBase] = [slot * SLOT_WORDS, other * SLOT_WORDS];
    const apart = (this.#seconds[(base + word.seconds) / 2] as number) -
      (this.#seconds[(otherBase + word.seconds) / 2] as number);
    if (apart !== 0) return apart < 0;
    return (this.#words[base + word.nanoseconds] as number) <
      (this.#words[otherBase + word.nanoseconds] as number);
  }

  /** Hashes the sender and the receiver; of a reply in the reverse order, as its request has them. */
  hash(slot: number, isReply: boolean): number {
    const base = slot * SLOT_WORDS;
    const [client, server] = isReply ? [word.to, word.from] : [word.from, word.to];
    const ports = this.portsOf(slot);
    const words = isReply ? [ports.to, ports.from] as const : [ports.from, ports.to] as const;
    let hash = keyedHash(this.#key, ...words);
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      const [high, low] = [base + client + i, base + server + i].map((at) => this.#words[at]);
      hash = keyedHash([hash, hash], high as number, low as number);
    }
    return hash;
  }

  /** Whether a datagram goes the way back of another. */
  isReverse(slot: number, other: number): boolean {
    const [base, otherBase] = [slot * SLOT_WORDS, other * SLOT_WORDS];
    const same = (at: number, otherAt: number): boolean =>
      this.#words[base + at] === this.#words[otherBase + otherAt];
    const [ports, otherPorts] = [this.portsOf(slot), this.portsOf(other)];
    if (ports.from !== otherPorts.to || ports.to !== otherPorts.from) return false;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      if (!same(word.from + i, word.to + i) || !same(word.to + i, word.from + i)) return false;
    }
    return this.#addressLength(slot) === this.#addressLength(other);
  }

  #grow(): void {
    const words = new Uint32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
    this.#octets = new Uint8Array(words.buffer);
    this.#seconds = new Float64Array(words.buffer);
  }

  #addressLength(slot: number): number {
    return (this.#words[slot * SLOT_WORDS + word.lengths] as number) >>> 16;
  }

  #addressAt(slot: number, at: number): string {
    const start = 4 * (slot * SLOT_WORDS + at);
    return formatIp(this.#octets.subarray(start, start + this.#addressLength(slot)));
  }
}

/** How many datagrams may pass before one that a file has too late, and how many octets of long ones. */
const LIMITS = { datagrams: 8192, longOctets: 2 ** 23 };

/** Puts datagrams in the order of time within a window: captures of several interfaces mix them. */
export class TimeOrder {
  readonly #store: DatagramStore;
  readonly #limits: typeof LIMITS;
  readonly #waiting: number[] = [];

  constructor(store: DatagramStore, limits = LIMITS) {
    this.#store = store;
    this.#limits = limits;
  }

  add(slot: number): void {
    const last = this.#waiting.at(-1);
    if (last === undefined || !this.#store.isBefore(slot, last)) this.#waiting.push(slot);
    else this.#waiting.splice(this.#placeOf(slot), 0, slot);
  }

  /** Takes the first ones, where there are too many or the file has ended. */
  take(isEnd: boolean): number[] {
    const { length } = this.#waiting;
    const { datagrams, longOctets } = this.#limits;
    const isFull = length >= 2 * datagrams || this.#store.longOctets >= longOctets;
    // Half of them at once: each time, the others move up.
    return isEnd || isFull ? this.#waiting.splice(0, isEnd ? length : Math.ceil(length / 2)) : [];
  }

  /** The place after all that are not later. */
  #placeOf(slot: number): number {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#store.isBefore(slot, this.#waiting[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
