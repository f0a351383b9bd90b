/**
 * One run of the load generator: requests in a closed loop or at a fixed rate, and each reply's verdict.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import { formatAddress } from "../protocols/endpoint.ts";
import { type Batch, layOutBatch, LENGTH_WORD, WORDS_PER_HEADER } from "../system/batch.ts";
import { CLOCK_MONOTONIC, type Libc, openClock } from "../system/libc.ts";
import { QueryError } from "../protocols/failure.ts";
import type { Dialect } from "./dialects.ts";
import { Flow, LOST } from "./flow.ts";
import { Histogram } from "./histogram.ts";
import type { AddressLoad } from "./address_load.ts";
import { Offsets } from "./offsets.ts";
import { MAX_BURST, type Requests, segmentedRequests, separateRequests } from "./requests.ts";
import { Schedule } from "./schedule.ts";

/** Replies taken by one system call at most. */
const RECEIVE_BATCH = 64;

/** Octets kept of a reply: more than any right one has, so that a longer one is noticed by its length. */
const REPLY_OCTETS = 128;

/** How long to listen on after the last answer, for those that come twice. */
const LINGER_NS = 50e6;

/**
 * How often a flow is drained whose replies cannot be told apart: a lost one shows only as a request that is left over
 * when everything else is answered; without draining, each loss would narrow the window unnoticed and lengthen the
 * latencies. A reply that names its request leaves no doubt about the others, and each of them is lost by itself.
 */
const DRAIN_EVERY_NS = 100e6;

/** How long the thread is blocked; between, for an eighth of a millisecond, signals and timers get their turn. */
const SLICE_NS = 250e6;

/** More than the generator sends in a closed loop. */
const MAX_RATE = 500_000;

/** Requests that all flows together keep note of, if that is more than the least of each. */
const MAX_CAPACITY = 2 ** 21;

/** Requests that a flow keeps note of at least: a whole window, or what others cannot take while they are drained. */
const MIN_FLOW_CAPACITY = 2 ** 14;

/** What a run needs of the options. */
type RunOptions = Omit<AddressLoad, "protocol" | "pid" | "warmupSeconds">;

/** A run, and its figures. */
export class Run {
  sent = 0;
  good = 0;
  bad = 0;
  duplicate = 0;
  late = 0;
  lost = 0;
  stray = 0;
  looks = 0;
  idleLooks = 0;
  /** How long was measured, and the right replies in that time. */
  seconds = 0;
  goodInTime = 0;
  readonly latencies = new Histogram();
  readonly offsets: Offsets | undefined;
  readonly #options: RunOptions;
  readonly #dialect: Dialect;
  readonly #flows: readonly Flow[];
  readonly #shares: readonly number[];
  readonly #limit: number;
  readonly #schedule: Schedule | undefined;
  readonly #timeoutNs: number;
  readonly #requests: Requests;
  readonly #replies: Batch;
  readonly #replyView: DataView;
  readonly #nowNs: () => number;
  #startNs = 0;
  #endNs = 0;
  #pausedNs = 0;
  #resumedNs = 0;
  #lastReplyNs = 0;
  #lookedNs = 0;

  constructor(libc: Libc, dialect: Dialect, options: RunOptions) {
    const { hostname, port, window, rate, requests = Infinity, segmented = false } = options;
    this.#timeoutNs = (options.timeoutSeconds ?? 0.1) * 1e9;
    this.#options = options;
    this.#dialect = dialect;
    this.#limit = requests;
    this.#nowNs = openClock(libc, CLOCK_MONOTONIC);
    const { request, timestamps } = dialect;
    this.#requests = segmented ? segmentedRequests(libc, request) : separateRequests(libc, request);
    const isSmooth = dialect.identity !== undefined;
    this.#schedule = rate === undefined
      ? undefined
      : new Schedule({ rate, inBursts: segmented, isSmooth });
    const isStamped = timestamps !== undefined;
    this.#replies = layOutBatch(RECEIVE_BATCH, REPLY_OCTETS, { control: isStamped });
    this.#replyView = new DataView(this.#replies.payload.buffer);
    this.offsets = timestamps && new Offsets(libc, this.#replies, timestamps);
    const count = Math.min(options.flows, requests, rate === undefined ? window : Infinity);
    // Twice what waits at once if nothing is answered: a flow may get more than its share.
    const unanswered = 2 * (rate ?? MAX_RATE) * this.#timeoutNs / 1e9;
    const needed = Math.max(Math.min(unanswered, MAX_CAPACITY) / count, MIN_FLOW_CAPACITY);
    const capacity = 2 ** Math.ceil(Math.log2(needed));
    this.#flows = openFlows(count, () => new Flow(libc, { hostname, port, capacity, isStamped }));
    this.#shares = this.#flows.map((_, i) => Math.floor((window + i) / count));
  }

  /**
   * Runs until its time is over, all requests are sent or the signal aborts; then hears out what is on its way.
   *
   * @param seconds how long
   * @param whenAnswered called once nothing is on its way any more
   * @throws {QueryError} If nobody listens there, or the network does not carry the requests
   */
  async run(seconds: number, whenAnswered: () => void = () => {}): Promise<void> {
    try {
      this.#start(seconds);
      let nowNs = this.#startNs;
      while (true) {
        const sliceEndNs = Math.min(nowNs + SLICE_NS, this.#endNs);
        while (nowNs < sliceEndNs && this.sent < this.#limit) nowNs = this.#pass();
        if (nowNs >= this.#endNs || this.sent >= this.#limit) break;
        this.#report(nowNs);
        await this.#pause();
        if (this.#options.signal?.aborted) break;
      }
      this.#note(nowNs);
      await this.#hearOut();
      if (this.sent >= this.#limit) this.#note(this.#lastReplyNs || nowNs);
      whenAnswered();
      this.#linger();
      this.#failIfRefused(1);
    } finally {
      for (const flow of this.#flows) flow[Symbol.dispose]();
    }
  }

  #start(seconds: number): void {
    this.#startNs = this.#lookedNs = this.#nowNs();
    this.#endNs = this.#startNs + seconds * 1e9;
    this.#flows.forEach((flow, i) => {
      // Spread, so that the others keep the server busy while one is drained.
      flow.nextDrainNs = this.#startNs + DRAIN_EVERY_NS * (1 + i / this.#flows.length);
    });
  }

  /** Looks at each flow once. */
  #pass(): number {
    const isAnonymous = this.#dialect.identity === undefined;
    let nowNs = 0;
    for (let i = 0; i < this.#flows.length; i++) {
      const flow = this.#flows[i] as Flow;
      nowNs = this.#receive(flow);
      if (flow.draining || isAnonymous && nowNs >= flow.nextDrainNs) this.#drain(flow, nowNs);
      if (flow.draining) continue;
      if (this.#schedule === undefined) this.#fill(flow, this.#shares[i] ?? 0, nowNs);
      else this.#keepRate(flow, this.#schedule, nowNs);
    }
    this.#failIfRefused(this.#flows.length);
    return nowNs;
  }

  #receive(flow: Flow): number {
    const beforeNs = this.#lookedNs;
    const received = flow.receive(this.#replies, RECEIVE_BATCH);
    const nowNs = this.#lookedNs = this.#nowNs();
    this.looks++;
    if (received === 0) this.idleLooks++;
    else this.#judgeAll(flow, received, nowNs);
    if (received < RECEIVE_BATCH) {
      flow.catchingUp = false;
      // All that came by that time has been judged: the generator itself makes no reply late.
      if (this.#dialect.identity) this.lost += flow.expire(beforeNs - this.#timeoutNs);
    }
    return nowNs;
  }

  #judgeAll(flow: Flow, received: number, nowNs: number): void {
    // When exactly it came, while nobody looked, is not known.
    const cameNs = flow.catchingUp ? undefined : nowNs;
    this.#lastReplyNs = nowNs;
    this.#dialect.tick(Math.floor(Date.now() / 1000));
    for (let i = 0; i < received; i++) this.#judge(flow, i, cameNs);
    this.offsets?.reset(received);
  }

  #judge(flow: Flow, i: number, cameNs: number | undefined): void {
    const { payload, stride, words } = this.#replies;
    const length = words[i * WORDS_PER_HEADER + LENGTH_WORD] ?? 0;
    const { identity } = this.#dialect;
    // One too short to say which request it answers has to be taken for some answer, as texts are.
    const isAnonymous = identity === undefined || length < identity.inReply + 8;
    const number = isAnonymous ? flow.oldest : this.#numberIn(flow, i * stride + identity.inReply);
    if (number === undefined || !isAnonymous && number >= flow.next) {
      this.stray++;
      return;
    }
    const dueNs = flow.take(number);
    if (dueNs <= 0) {
      if (dueNs === LOST) this.late++;
      else this.duplicate++;
      return;
    }
    if (!this.#dialect.verify(payload, i * stride, length)) {
      this.bad++;
      return;
    }
    this.good++;
    if (cameNs !== undefined) this.latencies.record(cameNs - dueNs);
    const departureNs = flow.departureNs(number);
    if (!Number.isNaN(departureNs)) this.offsets?.record(i, departureNs);
  }

  /** The number of the request that a reply brings back, if it is one of this flow. */
  #numberIn(flow: Flow, at: number): number | undefined {
    return this.#replyView.getUint32(at) === flow.nonce
      ? this.#replyView.getUint32(at + 4)
      : undefined;
  }

  /** Sends up to `count` requests, and returns how many left. */
  #send(flow: Flow, count: number, nowNs: number): number {
    const { identity } = this.#dialect;
    const { payload, stride } = this.#requests;
    if (identity !== undefined) {
      for (let i = 0; i < count; i++) {
        payload.setUint32(i * stride + identity.inRequest, flow.nonce);
        payload.setUint32(i * stride + identity.inRequest + 4, flow.next + i);
      }
    }
    const departureNs = this.offsets?.nowNs();
    const sent = flow.send(this.#requests, count);
    for (let i = 0; i < sent; i++) {
      // Those behind the first leave later than the clock was read.
      flow.push(nowNs, this.#dueNs(nowNs), i === 0 ? departureNs : NaN);
      this.sent++;
    }
    return sent;
  }

  /** From when on the latency of the next request counts. */
  #dueNs(nowNs: number): number {
    if (this.#schedule === undefined) return nowNs;
    // Not from when it left: a server that holds up the generator must not look faster.
    const dueNs = this.#startNs + this.#schedule.dueNs(this.sent);
    return dueNs < this.#pausedNs ? dueNs : Math.max(dueNs, this.#resumedNs);
  }

  #fill(flow: Flow, share: number, nowNs: number): void {
    const count = Math.min(
      share - flow.outstanding,
      MAX_BURST,
      flow.room,
      this.#limit - this.sent,
    );
    if (count > 0) this.#send(flow, count, nowNs);
  }

  #keepRate(flow: Flow, schedule: Schedule, nowNs: number): void {
    const elapsedNs = Math.min(nowNs, this.#endNs - 1) - this.#startNs;
    const allowed = schedule.allowed(elapsedNs, this.sent);
    const count = Math.min(allowed, flow.room, this.#limit - this.sent);
    if (count > 0 && this.#send(flow, count, nowNs) > 0) schedule.left(elapsedNs);
  }

  /** Has a flow answered before it sends on. */
  #drain(flow: Flow, nowNs: number): void {
    flow.draining = true;
    if (flow.outstanding > 0) {
      if (nowNs - flow.youngestNs < this.#timeoutNs) return;
      this.lost += flow.expire(Infinity);
      flow.reopen();
    }
    flow.draining = false;
    flow.nextDrainNs = nowNs + DRAIN_EVERY_NS;
  }

  /** Gives the event loop a turn. */
  async #pause(): Promise<void> {
    this.#pausedNs = this.#nowNs();
    await setImmediate();
    this.#resumedNs = this.#nowNs();
    for (const flow of this.#flows) flow.catchingUp = true;
  }

  async #hearOut(): Promise<void> {
    let sliceEndNs = this.#nowNs() + SLICE_NS;
    while (this.#flows.some((flow) => flow.outstanding > 0)) {
      let nowNs = 0;
      for (const flow of this.#flows) {
        nowNs = this.#receive(flow);
        if (this.#dialect.identity === undefined) this.#drain(flow, nowNs);
      }
      this.#failIfRefused(this.#flows.length);
      if (nowNs < sliceEndNs) continue;
      await this.#pause();
      // Whoever ends it early does not want to wait for what may never come.
      if (this.#options.signal?.aborted) {
        for (const flow of this.#flows) this.lost += flow.expire(Infinity);
      }
      sliceEndNs = nowNs + SLICE_NS;
    }
  }

  #linger(): void {
    const endNs = this.#nowNs() + LINGER_NS;
    let nowNs = 0;
    while (nowNs < endNs) {
      for (const flow of this.#flows) nowNs = this.#receive(flow);
    }
  }

  #note(endNs: number): void {
    this.seconds = (endNs - this.#startNs) / 1e9;
    this.goodInTime = this.good;
  }

  #report(nowNs: number): void {
    this.#note(nowNs);
    const { seconds, good, lost } = this;
    this.#options.onProgress?.({ seconds, goodPerSecond: good / seconds, lost });
  }

  /** While it runs each flow must have heard it, in the end one of them will do. */
  #failIfRefused(flows: number): void {
    if (this.good + this.bad > 0) return;
    if (this.#flows.filter(({ refused }) => refused > 0).length < flows) return;
    throw new QueryError("refused", `Nothing listens on udp ${formatAddress(this.#options)}`);
  }
}

function openFlows(count: number, open: () => Flow): readonly Flow[] {
  const flows: Flow[] = [];
  try {
    for (let i = 0; i < count; i++) flows.push(open());
    return flows;
  } catch (error) {
    for (const flow of flows) flow[Symbol.dispose]();
    throw error;
  }
}
