/**
 * One run of the load generator: requests in a closed loop or at a fixed rate, and each reply's verdict.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import { formatAddress } from "../../protocols/endpoint.ts";
import {
  type Batch,
  CLOCK_MONOTONIC,
  clockReader,
  layOutBatch,
  LENGTH_WORD,
  type Libc,
  WORDS_PER_HEADER,
} from "../../transports/mmsg/libc.ts";
import { QueryError } from "../query_error.ts";
import type { Dialect } from "./dialects.ts";
import { Flow } from "./flow.ts";
import { Histogram } from "./histogram.ts";
import type { LoadOptions } from "./load.ts";
import { Offsets } from "./offsets.ts";
import { MAX_BURST, type Requests, segmentedRequests, separateRequests } from "./requests.ts";

/** Replies taken by one system call at most. */
const RECEIVE_BATCH = 64;

/** Octets kept of a reply: more than any right one has, so that a longer one is noticed by its length. */
const REPLY_OCTETS = 128;

/** How long to listen on after the last answer, for those that come twice. */
const LINGER_NS = 50e6;

/**
 * How often a flow is drained. Texts cannot be told apart, so a lost one shows only as a request that is left over when
 * everything else is answered; without draining, each loss would narrow the window unnoticed and lengthen the latencies.
 */
const DRAIN_EVERY_NS = 100e6;

/** How long the thread is blocked; between, for an eighth of a millisecond, signals and timers get their turn. */
const SLICE_NS = 250e6;

/** How much of a fixed rate goes into one segmented message. */
const SEGMENTED_BURST_NS = 200e3;

/** What a run needs of the options. */
type RunOptions = Omit<LoadOptions, "protocol" | "pid" | "warmupSeconds">;

/** A run, and its figures. */
export class Run {
  sent = 0;
  good = 0;
  bad = 0;
  duplicate = 0;
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
  readonly #burst: number;
  readonly #timeoutNs: number;
  readonly #requests: Requests;
  readonly #replies: Batch;
  readonly #replyView: DataView;
  readonly #nowNs: () => number;
  #startNs = 0;
  #endNs = 0;
  #resumedNs = 0;
  #lastReplyNs = 0;

  constructor(libc: Libc, dialect: Dialect, options: RunOptions) {
    const { hostname, port, window, rate, requests = Infinity, segmented = false } = options;
    this.#timeoutNs = (options.timeoutSeconds ?? 0.1) * 1e9;
    this.#options = options;
    this.#dialect = dialect;
    this.#limit = requests;
    this.#nowNs = clockReader(libc, CLOCK_MONOTONIC);
    const { request, timestamps } = dialect;
    this.#requests = segmented ? segmentedRequests(libc, request) : separateRequests(libc, request);
    this.#burst = segmented && rate !== undefined
      ? Math.max(1, Math.min(MAX_BURST, Math.ceil(rate * SEGMENTED_BURST_NS / 1e9)))
      : 1;
    const isStamped = timestamps !== undefined;
    this.#replies = layOutBatch(RECEIVE_BATCH, REPLY_OCTETS, { control: isStamped });
    this.#replyView = new DataView(this.#replies.payload.buffer);
    this.offsets = timestamps && new Offsets(libc, this.#replies, timestamps);
    const count = Math.min(options.flows, requests, rate === undefined ? window : Infinity);
    this.#flows = openFlows(count, () => new Flow(libc, { hostname, port, isStamped }));
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
      this.#hearOut();
      if (this.sent >= this.#limit) this.#note(this.#lastReplyNs || nowNs);
      whenAnswered();
      this.#linger();
      this.#failIfRefused(1);
    } finally {
      for (const flow of this.#flows) flow[Symbol.dispose]();
    }
  }

  #start(seconds: number): void {
    this.#startNs = this.#resumedNs = this.#nowNs();
    this.#endNs = this.#startNs + seconds * 1e9;
    this.#flows.forEach((flow, i) => {
      // Spread, so that the others keep the server busy while one is drained.
      flow.nextDrainNs = this.#startNs + DRAIN_EVERY_NS * (1 + i / this.#flows.length);
    });
  }

  /** Looks at each flow once. */
  #pass(): number {
    let nowNs = 0;
    for (let i = 0; i < this.#flows.length; i++) {
      const flow = this.#flows[i] as Flow;
      nowNs = this.#receive(flow);
      if (flow.draining || nowNs >= flow.nextDrainNs) this.#drain(flow, nowNs);
      if (flow.draining) continue;
      if (this.#options.rate === undefined) this.#fill(flow, this.#shares[i] ?? 0, nowNs);
      else this.#keepRate(flow, this.#options.rate, nowNs);
    }
    this.#failIfRefused(this.#flows.length);
    return nowNs;
  }

  #receive(flow: Flow): number {
    const received = flow.receive(this.#replies, RECEIVE_BATCH);
    const nowNs = this.#nowNs();
    this.looks++;
    // When exactly it came, while nobody looked, is not known.
    const isTimed = !flow.catchingUp;
    if (received < RECEIVE_BATCH) flow.catchingUp = false;
    if (received === 0) {
      this.idleLooks++;
      return nowNs;
    }
    this.#lastReplyNs = nowNs;
    this.#dialect.tick(Math.floor(Date.now() / 1000));
    for (let i = 0; i < received; i++) this.#judge(flow, i, isTimed ? nowNs : undefined);
    this.offsets?.reset(received);
    return nowNs;
  }

  #judge(flow: Flow, i: number, cameNs: number | undefined): void {
    const { payload, stride, words } = this.#replies;
    const length = words[i * WORDS_PER_HEADER + LENGTH_WORD] ?? 0;
    const { identity } = this.#dialect;
    // One too short to say which request it answers has to be taken for some answer, as texts are.
    const isAnonymous = identity === undefined || length < identity.inReply + 8;
    const number = isAnonymous ? flow.oldest : this.#numberIn(flow, i * stride + identity.inReply);
    const sentNs = number === undefined ? 0 : flow.take(number);
    if (sentNs === 0) {
      if (number !== undefined && (isAnonymous || number < flow.next)) this.duplicate++;
      else this.stray++;
      return;
    }
    if (!this.#dialect.verify(payload, i * stride, length)) {
      this.bad++;
      return;
    }
    this.good++;
    if (cameNs !== undefined) this.latencies.record(cameNs - sentNs);
    const departureNs = flow.departureNs(number as number);
    if (!Number.isNaN(departureNs)) this.offsets?.record(i, departureNs);
  }

  /** The number of the request that a reply brings back, if it is one of this flow. */
  #numberIn(flow: Flow, at: number): number | undefined {
    return this.#replyView.getUint32(at) === flow.nonce
      ? this.#replyView.getUint32(at + 4)
      : undefined;
  }

  /** Sends up to `count` requests, and notes them as sent at times that begin here and have this distance. */
  #send(flow: Flow, count: number, firstNs: number, distanceNs: number): void {
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
    this.sent += sent;
    for (let i = 0; i < sent; i++) {
      const sentNs = Math.max(firstNs + i * distanceNs, this.#resumedNs);
      // Those behind the first leave later than the clock was read.
      flow.push(sentNs, i === 0 ? departureNs : NaN);
    }
  }

  #fill(flow: Flow, share: number, nowNs: number): void {
    const count = Math.min(
      share - flow.outstanding,
      MAX_BURST,
      flow.room,
      this.#limit - this.sent,
    );
    if (count > 0) this.#send(flow, count, nowNs, 0);
  }

  #keepRate(flow: Flow, rate: number, nowNs: number): void {
    const burst = this.#burst;
    const elapsedNs = Math.min(nowNs, this.#endNs - 1) - this.#startNs;
    const burstsDue = Math.floor(elapsedNs * rate / 1e9 / burst) + 1;
    const late = burstsDue * burst - this.sent;
    if (late <= 0) return;
    // One by one, unless it has fallen behind by more than each flow's turn makes good.
    const wanted = burst === 1 && late <= this.#flows.length ? 1 : late;
    const count = Math.min(wanted, MAX_BURST, flow.room, this.#limit - this.sent);
    if (count <= 0) return;
    // Counted from when it was due, not from when it left: a server that holds up the generator must not look faster.
    const dueNs = this.#startNs + Math.floor(this.sent / burst) * burst * 1e9 / rate;
    this.#send(flow, count, dueNs, burst === 1 ? 1e9 / rate : 0);
  }

  #drain(flow: Flow, nowNs: number): void {
    flow.draining = true;
    if (flow.outstanding > 0) {
      if (nowNs - flow.youngestNs < this.#timeoutNs) return;
      this.lost += flow.giveUp();
    }
    flow.draining = false;
    flow.nextDrainNs = nowNs + DRAIN_EVERY_NS;
  }

  /** Gives the event loop a turn. */
  async #pause(): Promise<void> {
    await setImmediate();
    this.#resumedNs = this.#nowNs();
    for (const flow of this.#flows) flow.catchingUp = true;
  }

  #hearOut(): void {
    while (this.#flows.some((flow) => flow.outstanding > 0)) {
      for (const flow of this.#flows) this.#drain(flow, this.#receive(flow));
      this.#failIfRefused(this.#flows.length);
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
