import type { DatagramStore } from "./datagram_store.ts";

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
