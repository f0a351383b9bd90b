/**
 * When the requests of a fixed rate fall due, and how many of them may leave at once.
 *
 * @module
 */

import { MAX_BURST } from "./requests.ts";

/** Requests that leave by one system call at most, if a burst is not larger: a gulp of them would fill a server's queue. */
const MAX_TOGETHER = 16;

/** How much of the rate falls due at once where the kernel cuts bursts into requests: 15 of them at 300,000 a second. */
const BURST_NS = 50e3;

/** How many times the rate requests leave at most that the generator is late with. */
const CATCH_UP = 2;

/** What falls due when. */
export interface ScheduleOptions {
  /** Requests a second. */
  readonly rate: number;
  /** Whether requests fall due in bursts. */
  readonly inBursts: boolean;
  /**
   * Whether requests that the generator is late with leave at twice the rate, rather than at once: a gulp of them would
   * make the server lose what the rate itself would not.
   */
  readonly isSmooth: boolean;
}

/** A schedule. Its times are nanoseconds since its start. */
export class Schedule {
  readonly #perNs: number;
  readonly #burst: number;
  readonly #isSmooth: boolean;
  #lastNs = -Infinity;

  constructor({ rate, inBursts, isSmooth }: ScheduleOptions) {
    this.#perNs = rate / 1e9;
    this.#burst = inBursts ? Math.min(Math.ceil(this.#perNs * BURST_NS), MAX_BURST) : 1;
    this.#isSmooth = isSmooth;
  }

  /** When a request falls due; they are numbered from 0 on. */
  dueNs(number: number): number {
    return Math.floor(number / this.#burst) * this.#burst / this.#perNs;
  }

  /** How many may leave now, if so many have left. */
  allowed(nowNs: number, sent: number): number {
    const due = (Math.floor(nowNs * this.#perNs / this.#burst) + 1) * this.#burst - sent;
    if (due <= 0) return 0;
    const sinceLast = this.#isSmooth ? CATCH_UP * (nowNs - this.#lastNs) * this.#perNs : Infinity;
    const together = Math.min(Math.max(MAX_TOGETHER, this.#burst), sinceLast);
    return Math.min(due, Math.floor(together / this.#burst) * this.#burst);
  }

  /** Notes that some left. */
  left(nowNs: number): void {
    this.#lastNs = nowNs;
  }
}
