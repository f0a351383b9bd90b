/** One run of the load generator: requests in a closed loop or at a fixed rate. */
import { formatAddress } from "../protocols/endpoint.ts";
import { QueryError } from "../protocols/failure.ts";
import { CLOCK_MONOTONIC, type Libc, openClock, openCpuClock } from "../system/libc.ts";
import type { Dialect } from "./dialects.ts";
import { Tally } from "./figures.ts";
import { Flow } from "./flow.ts";
import type { RunOptions } from "./options.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";

/** The wait after the last reply, for duplicates. */
const LINGER_NS = 50e6;

/**
 * How often a flow is drained whose replies cannot be distinguished: a lost one shows only as a request that is
 * left over when everything else is answered. Without draining, each loss would narrow the window unnoticed and
 * lengthen the latencies. A reply that names its request needs none: each request is lost by itself.
 */
const DRAIN_EVERY_NS = 100e6;

/** How long the thread is blocked before the event loop gets a turn for signals and timers. */
const SLICE_NS = 50e6;

/** More than the generator sends in a closed loop. */
const MAX_CLOSED_LOOP_RATE = 500_000;

/** Requests that all flows together remember, unless the minimum of each is more. */
const MAX_CAPACITY = 2 ** 21;

/** Requests that a flow remembers at least: a whole window, or what others cannot send while they are drained. */
const MIN_FLOW_CAPACITY = 2 ** 14;

export class Run {
  readonly tally = new Tally();
  readonly #libc: Libc;
  readonly #options: RunOptions;
  /** Whether replies cannot be matched to requests. */
  readonly #isAnonymous: boolean;
  readonly #flows: readonly Flow[];
  readonly #timeoutNs: number;
  readonly #nowNs: () => number;
  readonly #cpuNs: () => number;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  #startNs = 0;
  #endNs = 0;

  constructor(libc: Libc, dialect: Dialect, options: RunOptions) {
    const { pid, timeout } = options;
    this.#libc = libc;
    this.#options = options;
    this.#isAnonymous = dialect.identity === undefined;
    this.#timeoutNs = timeout * 1e9;
    this.#nowNs = openClock(libc, CLOCK_MONOTONIC);
    this.#cpuNs = pid === undefined ? () => NaN : openCpuClock(libc, pid);
    const timing = { nowNs: this.#nowNs, timeoutNs: this.#timeoutNs };
    this.#receiver = new Receiver(libc, dialect, this.tally, timing);
    this.#sender = new Sender(libc, dialect, options, this.tally, this.#receiver.offsets);
    this.#flows = openFlows(libc, options, dialect.timestamps !== undefined);
  }

  /** Sends until the time is over, all are sent or the signal aborts; then waits for outstanding replies. */
  async run(seconds: number): Promise<void> {
    try {
      const cpuStartNs = this.#cpuNs();
      let nowNs = this.#start(seconds);
      while (true) {
        const sliceEndNs = Math.min(nowNs + SLICE_NS, this.#endNs);
        while (nowNs < sliceEndNs && !this.#sender.isDone) nowNs = this.#pass();
        if (nowNs >= this.#endNs || this.#sender.isDone) break;
        this.#report(nowNs);
        await this.#pause();
        if (this.#options.signal?.aborted) break;
      }
      this.#noteTime(nowNs);
      await this.#awaitReplies();
      if (this.#sender.isDone) this.#noteTime(this.#receiver.lastReplyNs || nowNs);
      this.tally.cpuNs = this.#cpuNs() - cpuStartNs;
      this.#linger();
      this.#throwIfRefused(1);
    } finally {
      for (const flow of this.#flows) flow[Symbol.dispose]();
    }
  }

  #start(seconds: number): number {
    this.#startNs = this.#nowNs();
    this.#endNs = this.#startNs + seconds * 1e9;
    this.#sender.start(this.#startNs, this.#endNs);
    this.#flows.forEach((flow, i) => {
      // Spread, so that the others keep the server busy while one is drained.
      flow.nextDrainNs = this.#startNs + DRAIN_EVERY_NS * (1 + i / this.#flows.length);
    });
    return this.#startNs;
  }

  /** Receives and sends on each flow once. */
  #pass(): number {
    let nowNs = 0;
    for (const flow of this.#flows) {
      nowNs = this.#receiver.receive(flow);
      if (flow.isDraining || this.#isAnonymous && nowNs >= flow.nextDrainNs) {
        this.#drain(flow, nowNs);
      }
      if (!flow.isDraining) this.#sender.send(flow, nowNs);
    }
    this.#throwIfRefused(this.#flows.length);
    return nowNs;
  }

  /** Waits until all requests of a flow are answered or lost before it sends again. */
  #drain(flow: Flow, nowNs: number): void {
    flow.isDraining = true;
    if (flow.outstanding > 0) {
      if (nowNs - flow.youngestNs < this.#timeoutNs) return;
      this.tally.lost += flow.expire(Infinity);
      flow.reopen();
    }
    flow.isDraining = false;
    flow.nextDrainNs = nowNs + DRAIN_EVERY_NS;
  }

  async #pause(): Promise<void> {
    const pausedNs = this.#nowNs();
    // The event loop reads signals only while it waits, if only for another thread; a timer takes 2 ms.
    await this.#libc.call.sched_yield();
    this.#sender.notePause(pausedNs, this.#nowNs());
    for (const flow of this.#flows) flow.isCatchingUp = true;
  }

  async #awaitReplies(): Promise<void> {
    const isStopped = this.#options.signal?.aborted ?? false;
    let sliceEndNs = this.#nowNs() + (isStopped ? LINGER_NS : SLICE_NS);
    while (this.#flows.some((flow) => flow.outstanding > 0)) {
      let nowNs = 0;
      for (const flow of this.#flows) {
        nowNs = this.#receiver.receive(flow);
        if (this.#isAnonymous) this.#drain(flow, nowNs);
      }
      this.#throwIfRefused(this.#flows.length);
      if (nowNs < sliceEndNs) continue;
      await this.#pause();
      // A user who ends the test does not wait for replies that may never arrive.
      if (this.#options.signal?.aborted) {
        for (const flow of this.#flows) this.tally.lost += flow.expire(Infinity);
      }
      sliceEndNs = nowNs + SLICE_NS;
    }
  }

  #linger(): void {
    const endNs = this.#nowNs() + LINGER_NS;
    let nowNs = 0;
    while (nowNs < endNs) {
      for (const flow of this.#flows) nowNs = this.#receiver.receive(flow);
    }
  }

  #noteTime(endNs: number): void {
    this.tally.seconds = (endNs - this.#startNs) / 1e9;
    this.tally.goodInTime = this.tally.good;
  }

  #report(nowNs: number): void {
    this.#noteTime(nowNs);
    const { seconds, good, lost } = this.tally;
    this.#options.onProgress?.({ seconds, goodPerSecond: good / seconds, lost });
  }

  /** While it runs every flow must have been refused, at the end one is enough. */
  #throwIfRefused(flows: number): void {
    if (this.tally.good + this.tally.bad > 0) return;
    if (this.#flows.filter(({ refused }) => refused > 0).length < flows) return;
    throw new QueryError("refused", `Nothing listens on udp ${formatAddress(this.#options)}`);
  }
}

function openFlows(libc: Libc, options: RunOptions, isStamped: boolean): readonly Flow[] {
  const { bind, hostname, port, window, rate, requests = Infinity, timeout } = options;
  const count = Math.min(options.flows, requests, rate === undefined ? window : Infinity);
  // Twice the requests outstanding if nothing is answered: a flow may get more than its share.
  const unanswered = 2 * (rate ?? MAX_CLOSED_LOOP_RATE) * timeout;
  const needed = Math.max(Math.min(unanswered, MAX_CAPACITY) / count, MIN_FLOW_CAPACITY);
  const capacity = 2 ** Math.ceil(Math.log2(needed));
  const flows: Flow[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const share = Math.floor((window + i) / count);
      flows.push(new Flow(libc, { bind, hostname, port, share, capacity, isStamped }));
    }
    return flows;
  } catch (error) {
    for (const flow of flows) flow[Symbol.dispose]();
    throw error;
  }
}
