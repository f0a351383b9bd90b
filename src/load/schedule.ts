/** When the requests of a fixed rate are due, and how many of them may leave at once. */
import { MAX_BURST } from "./requests.ts";

/** Requests per system call at most, unless a burst is larger: too many at once would fill a server's queue. */
const MAX_TOGETHER = 16;

/** The part of the rate that is due at once where the kernel cuts bursts into requests: 15 at 300,000 per second. */
const BURST_NS = 50e3;

/** Overdue requests leave at this multiple of the rate at most. */
const CATCH_UP = 2;

export interface ScheduleOptions {
  readonly rate: number;
  readonly inBursts: boolean;
  /**
   * Whether overdue requests leave at twice the rate rather than all at once, which would make the server lose more
   * than the rate itself does.
   */
  readonly isSmooth: boolean;
}

/** A schedule, in nanoseconds since its start. */
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

  /** When a request is due; they are numbered from 0. */
  dueNs(number: number): number {
    return Math.floor(number / this.#burst) * this.#burst / this.#perNs;
  }

  allowed(nowNs: number, sent: number): number {
    const due = (Math.floor(nowNs * this.#perNs / this.#burst) + 1) * this.#burst - sent;
    const sinceLast = this.#isSmooth ? CATCH_UP * (nowNs - this.#lastNs) * this.#perNs : Infinity;
    const together = Math.min(Math.max(MAX_TOGETHER, this.#burst), sinceLast);
    return Math.max(0, Math.min(due, Math.floor(together / this.#burst) * this.#burst));
  }

  noteSent(nowNs: number): void {
    this.#lastNs = nowNs;
  }
}
