/** The sending half of a run: how many requests a flow may send now, and what makes each unique. */
import type { Libc } from "../system/libc.ts";
import type { Dialect } from "./dialects.ts";
import type { Tally } from "./figures.ts";
import type { Flow } from "./flow.ts";
import type { Offsets } from "./receiver.ts";
import type { RunOptions } from "./options.ts";
import { MAX_BURST, type Requests, segmentedRequests, separateRequests } from "./requests.ts";

export class Sender {
  readonly #identity: Dialect["identity"];
  readonly #tally: Tally;
  readonly #offsets: Offsets | undefined;
  readonly #limit: number;
  readonly #schedule: Schedule | undefined;
  readonly #requests: Requests;
  #startNs = NaN;
  #endNs = NaN;
  #pausedNs = -Infinity;
  #resumedNs = -Infinity;

  constructor(
    libc: Libc,
    { request, identity }: Dialect,
    options: RunOptions,
    tally: Tally,
    offsets: Offsets | undefined,
  ) {
    const { rate, segmented = false, requests = Infinity } = options;
    this.#identity = identity;
    this.#tally = tally;
    this.#offsets = offsets;
    this.#limit = requests;
    this.#requests = segmented ? segmentedRequests(libc, request) : separateRequests(libc, request);
    const isSmooth = identity !== undefined;
    this.#schedule = rate === undefined
      ? undefined
      : new Schedule({ rate, inBursts: segmented, isSmooth });
  }

  get isDone(): boolean {
    return this.#tally.sent >= this.#limit;
  }

  start(startNs: number, endNs: number): void {
    this.#startNs = startNs;
    this.#endNs = endNs;
  }

  /** Excludes a pause of the generator from the latencies. */
  notePause(pausedNs: number, resumedNs: number): void {
    this.#pausedNs = pausedNs;
    this.#resumedNs = resumedNs;
  }

  send(flow: Flow, nowNs: number): void {
    const schedule = this.#schedule;
    const room = Math.min(flow.room, this.#limit - this.#tally.sent);
    if (schedule === undefined) {
      const count = Math.min(flow.share - flow.outstanding, MAX_BURST, room);
      if (count > 0) this.#send(flow, count, nowNs);
      return;
    }
    const elapsedNs = Math.min(nowNs, this.#endNs - 1) - this.#startNs;
    const count = Math.min(schedule.allowed(elapsedNs, this.#tally.sent), room);
    if (count > 0 && this.#send(flow, count, nowNs) > 0) schedule.noteSent(elapsedNs);
  }

  /** Sends up to `count` requests, and returns how many left. */
  #send(flow: Flow, count: number, nowNs: number): number {
    const identity = this.#identity;
    const { payload, stride } = this.#requests;
    if (identity !== undefined) {
      for (let i = 0; i < count; i++) {
        payload.setUint32(i * stride + identity.inRequest, flow.nonce);
        payload.setUint32(i * stride + identity.inRequest + 4, flow.next + i);
      }
    }
    const departureNs = this.#offsets?.nowNs();
    const sent = flow.send(this.#requests, count);
    for (let i = 0; i < sent; i++) {
      // Those behind the first leave later than the clock was read.
      flow.recordSent(nowNs, this.#dueNs(nowNs), i === 0 ? departureNs : NaN);
      this.#tally.sent++;
    }
    return sent;
  }

  /** The start of the next request's latency. */
  #dueNs(nowNs: number): number {
    if (this.#schedule === undefined) return nowNs;
    // Not the departure: a server that holds up the generator must not look faster.
    const dueNs = this.#startNs + this.#schedule.dueNs(this.#tally.sent);
    return dueNs < this.#pausedNs ? dueNs : Math.max(dueNs, this.#resumedNs);
  }
}

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
