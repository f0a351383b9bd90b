/** The receiving half of a run: matches replies to requests, verifies them, and counts them. */
import {
  type Batch,
  CMSGHDR,
  CONTROL_LENGTH_WORD,
  CONTROL_STRIDE,
  layOutBatch,
  LENGTH_WORD,
  WORDS_PER_HEADER,
} from "../system/batch.ts";
import { type Libc, SO_TIMESTAMPNS, SOL_SOCKET } from "../system/libc.ts";
import { type Dialect, EPOCH_SECONDS } from "./dialects.ts";
import { Histogram, type Tally } from "./figures.ts";
import { type Flow, LOST } from "./flow.ts";
import type { UnixTime } from "../clock/clock.ts";
import { RealtimeClock, secondsOf } from "../clock/kernel_clocks.ts";

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

const DATA_WORD = CMSGHDR.size / 4;

/** The offsets of one run. Times are nanoseconds since its first second, which a double holds exactly. */
export class Offsets {
  readonly magnitudes = new Histogram();
  readonly #replies: Batch;
  readonly #view: DataView<ArrayBuffer>;
  readonly #control: Int32Array<ArrayBuffer>;
  readonly #at: NonNullable<Dialect["timestamps"]>;
  readonly #clock: RealtimeClock;
  readonly #time: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #firstSecond: number;

  constructor(libc: Libc, replies: Batch, at: NonNullable<Dialect["timestamps"]>) {
    this.#replies = replies;
    this.#view = new DataView(replies.payload.buffer);
    this.#control = new Int32Array(replies.control.buffer);
    this.#at = at;
    this.#clock = new RealtimeClock(libc);
    this.#clock.read(this.#time);
    this.#firstSecond = this.#time.seconds;
  }

  /** The departure time of a request sent now. */
  nowNs(): number {
    this.#clock.read(this.#time);
    return (this.#time.seconds - this.#firstSecond) * 1e9 + this.#time.nanoseconds;
  }

  /** Records the offset of reply `i`, whose request left at `departureNs` (RFC 5905 §8). */
  record(i: number, departureNs: number): void {
    const transitNs = this.transitNs(i);
    if (transitNs === undefined) return;
    const there = this.#timestampNs(i * this.#replies.stride + this.#at.receive) - departureNs;
    this.magnitudes.record(Math.abs((there - transitNs) / 2));
  }

  /** The time from the transmit timestamp of reply `i` to the kernel's timestamp of its arrival, if there is one. */
  transitNs(i: number): number | undefined {
    const arrivalNs = this.#arrivalNs(i);
    if (arrivalNs === undefined) return undefined;
    return arrivalNs - this.#timestampNs(i * this.#replies.stride + this.#at.transmit);
  }

  /** Resets the control message lengths of the first `count` replies. */
  reset(count: number): void {
    const { words } = this.#replies;
    for (let i = 0; i < count; i++) {
      words[i * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] = CONTROL_STRIDE;
    }
  }

  #arrivalNs(i: number): number | undefined {
    const control = this.#control;
    const at = i * CONTROL_STRIDE / 4;
    const length = this.#replies.words[i * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] as number;
    const isStamp = length >= CMSGHDR.size && control[at + CMSGHDR.level / 4] === SOL_SOCKET &&
      control[at + CMSGHDR.type / 4] === SO_TIMESTAMPNS;
    if (!isStamp) return undefined;
    const seconds = secondsOf(control, at + DATA_WORD) - this.#firstSecond;
    return seconds * 1e9 + (control[at + DATA_WORD + 2] ?? 0);
  }

  #timestampNs(at: number): number {
    const seconds = this.#view.getUint32(at) - (this.#firstSecond + EPOCH_SECONDS) | 0;
    return (seconds + this.#view.getUint32(at + 4) / 2 ** 32) * 1e9;
  }
}
