/** The receiving half of a run: matches replies to requests, verifies them, and counts them. */
import { type Batch, layOutBatch, LENGTH_WORD, WORDS_PER_HEADER } from "../system/batch.ts";
import type { Libc } from "../system/libc.ts";
import type { Dialect } from "./dialects.ts";
import type { Tally } from "./figures.ts";
import { type Flow, LOST } from "./flow.ts";
import { Offsets } from "./offsets.ts";

/** Replies received by one system call at most. */
const MAX_BATCH = 64;

/** Octets kept of a reply: more than any correct one has, so that a longer one is noticed by its length. */
const REPLY_OCTETS = 256;

export class Receiver {
  readonly offsets: Offsets | undefined;
  lastReplyNs = 0;
  readonly #dialect: Dialect;
  readonly #tally: Tally;
  readonly #nowNs: () => number;
  readonly #timeoutNs: number;
  readonly #replies: Batch;
  readonly #view: DataView;
  #lookedNs = -Infinity;

  constructor(
    libc: Libc,
    dialect: Dialect,
    tally: Tally,
    { nowNs, timeoutNs }: { readonly nowNs: () => number; readonly timeoutNs: number },
  ) {
    const { timestamps } = dialect;
    this.#dialect = dialect;
    this.#tally = tally;
    this.#nowNs = nowNs;
    this.#timeoutNs = timeoutNs;
    this.#replies = layOutBatch(MAX_BATCH, REPLY_OCTETS, { control: timestamps !== undefined });
    this.#view = new DataView(this.#replies.payload.buffer);
    this.offsets = timestamps && new Offsets(libc, this.#replies, timestamps);
    tally.offsets = this.offsets?.magnitudes;
  }

  /** Receives the replies waiting on a flow, expires its lost requests, and returns the time afterwards. */
  receive(flow: Flow): number {
    const beforeNs = this.#lookedNs;
    const received = flow.receive(this.#replies, MAX_BATCH);
    const nowNs = this.#lookedNs = this.#nowNs();
    this.#tally.looks++;
    if (received === 0) this.#tally.idleLooks++;
    else this.#verifyAll(flow, received, nowNs);
    if (received < MAX_BATCH) {
      flow.isCatchingUp = false;
      // Everything that arrived before the last look is verified: the generator makes no reply late.
      if (this.#dialect.identity) this.#tally.lost += flow.expire(beforeNs - this.#timeoutNs);
    }
    return nowNs;
  }

  #verifyAll(flow: Flow, received: number, nowNs: number): void {
    // The arrival time of a reply that waited during a pause is unknown.
    const arrivalNs = flow.isCatchingUp ? undefined : nowNs;
    this.lastReplyNs = nowNs;
    this.#dialect.tick(Math.floor(Date.now() / 1000));
    for (let i = 0; i < received; i++) this.#verify(flow, i, arrivalNs);
    this.offsets?.reset(received);
  }

  #verify(flow: Flow, i: number, arrivalNs: number | undefined): void {
    const tally = this.#tally;
    const { payload, stride, words } = this.#replies;
    const length = words[i * WORDS_PER_HEADER + LENGTH_WORD] as number;
    const { identity } = this.#dialect;
    // A reply too short to name its request counts for the oldest one, as texts do.
    const isAnonymous = identity === undefined || length < identity.inReply + 8;
    const number = isAnonymous ? flow.oldest : this.#numberIn(flow, i * stride + identity.inReply);
    if (number === undefined || !isAnonymous && number >= flow.next) {
      tally.stray++;
      return;
    }
    const dueNs = flow.recordReply(number);
    if (dueNs <= 0) {
      if (dueNs === LOST) tally.late++;
      else tally.duplicate++;
      return;
    }
    if (!this.#dialect.verify(payload, i * stride, length)) {
      tally.bad++;
      return;
    }
    tally.good++;
    if (arrivalNs !== undefined) tally.latencies.record(arrivalNs - dueNs);
    const departureNs = flow.departureNs(number);
    if (!Number.isNaN(departureNs)) this.offsets?.record(i, departureNs);
  }

  /** The number of the request that a reply names, if it belongs to this flow. */
  #numberIn(flow: Flow, at: number): number | undefined {
    return this.#view.getUint32(at) === flow.nonce ? this.#view.getUint32(at + 4) : undefined;
  }
}
