import type { UnixTime } from "../../clock/clock.ts";
import {
  type Answer,
  refusal,
  REPLY_CAPACITY,
  REQUEST_CAPACITY,
} from "../../protocols/responder.ts";
import { counter, type Counters } from "../counters.ts";
import type { DatagramHandler } from "../exchange.ts";
import { hasCome } from "../../clock/page.ts";
import { type RealtimeClock, secondsOf } from "../../clock/kernel_clocks.ts";
import {
  type Batch,
  CMSGHDR,
  CONTROL_LENGTH_WORD,
  CONTROL_STRIDE,
  IN6_PKTINFO,
  IN_PKTINFO,
  IOVEC,
  layOutBatch,
  LENGTH_WORD,
  NAME_LENGTH_WORD,
  NAME_STRIDE,
  WORDS_PER_HEADER,
} from "../../system/batch.ts";
import {
  EAGAIN,
  EBADF,
  EFAULT,
  EINTR,
  EINVAL,
  ENOTSOCK,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  type Libc,
  MSG_DONTWAIT,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
  SyscallError,
  zeroed,
} from "../../system/libc.ts";
import { BatchedExchange, placeOf } from "./batched_exchange.ts";

/** Datagrams per system call; more gains nothing (docs/performance.md). */
const BATCH = 64;

/** The most replies of one system call, which share the transmit time of the first. */
const MAX_REPLIES_PER_SEND = 16;

/** This many replies without a wait add one reply to each send: 64, which is a burst of one client. */
const BACKLOG_SHIFT = 6;

/** The longest pause between receives on a socket that fails each of them. */
const MAX_PAUSE_MS = 250;

/** Errors that no retry mends. */
const FATAL: readonly number[] = [EBADF, EFAULT, EINVAL, ENOTSOCK];

const WORDS_PER_NAME = NAME_STRIDE / 4;
const WORDS_PER_CONTROL = CONTROL_STRIDE / 4;
const WORDS_PER_VECTOR = IOVEC.size / 4;
const VECTOR_LENGTH_WORD = IOVEC.length / 4;
const DATA_WORD = CMSGHDR.size / 4;
const refuseNotUnicast = refusal("not_unicast");

export interface LoopListener {
  readonly descriptor: number;
  /** Whether it is bound to all addresses: each reply then leaves from the address that was queried. */
  readonly isWildcard: boolean;
  /** Called with the arrival time written; must not return a promise. */
  readonly handler: DatagramHandler;
  readonly counters: Counters;
}

/** The parts of a loop that all its sockets share. */
export interface LoopShared {
  /** The clock that the handlers read, and that of datagrams without a kernel timestamp. */
  readonly clock: RealtimeClock;
  /** A word of shared memory; the loop ends when it is no longer 0. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** One socket with the memory of its datagrams. */
export class Channel {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #handler: DatagramHandler;
  readonly #counters: Counters;
  readonly #stop: Int32Array<SharedArrayBuffer>;
  readonly #clock: RealtimeClock;
  readonly #isWildcard: boolean;
  readonly #requests: Batch;
  readonly #replies: Batch;
  /** The part of `#replies.headers` that begins at each message. */
  readonly #repliesFrom: readonly Uint8Array<ArrayBuffer>[];
  readonly #replyPlaces: readonly Uint8Array<ArrayBuffer>[];
  readonly #replyLengths: Uint32Array<ArrayBuffer>;
  readonly #names: Int32Array<ArrayBuffer>;
  readonly #replyNames: Int32Array<ArrayBuffer>;
  readonly #control: Int32Array<ArrayBuffer>;
  readonly #replyControl: Int32Array<ArrayBuffer>;
  readonly #exchanges: readonly BatchedExchange[];
  /** The exchanges whose replies leave next, in the order of their places. */
  readonly #answered: BatchedExchange[] = [];
  /** When the replies of the last batch had left. */
  readonly #doneAt: UnixTime = { seconds: 0, nanoseconds: 0 };
  /** The replies since a request last came while nothing was left to do. */
  #backlog = 0;
  #pauseMs = 0;

  constructor(libc: Libc, options: LoopListener & LoopShared) {
    this.#libc = libc;
    this.#descriptor = options.descriptor;
    this.#handler = options.handler;
    this.#counters = options.counters;
    this.#stop = options.stop;
    this.#clock = options.clock;
    this.#isWildcard = options.isWildcard;
    const [names, replyNames] = [zeroed(BATCH * NAME_STRIDE), zeroed(BATCH * NAME_STRIDE)];
    this.#requests = layOutBatch(BATCH, REQUEST_CAPACITY, { names, control: true });
    const control = options.isWildcard;
    this.#replies = layOutBatch(BATCH, REPLY_CAPACITY, { names: replyNames, control });
    this.#names = new Int32Array(names.buffer);
    this.#replyNames = new Int32Array(replyNames.buffer);
    const places = Array.from({ length: BATCH }, (_, i) => i);
    this.#replyPlaces = places.map((i) => placeOf(this.#replies, i));
    this.#repliesFrom = places.map((i) => this.#replies.headers.subarray(i * WORDS_PER_HEADER * 4));
    this.#replyLengths = new Uint32Array(this.#replies.vectors.buffer);
    this.#control = new Int32Array(this.#requests.control.buffer);
    this.#replyControl = new Int32Array(this.#replies.control.buffer);
    this.#exchanges = places.map((i) => new BatchedExchange(libc, this.#requests, i));
  }

  /** Receives a batch, by one call with these flags, and replies to it. */
  serve(flags: number): void {
    const { headers, words } = this.#requests;
    const count = this.#libc.call.recvmmsg(this.#descriptor, headers, BATCH, flags, null);
    if (count < 0) {
      this.#receiveFailed(this.#libc.errno());
      return;
    }
    this.#pauseMs = 0;
    let [received, answers] = [0, 0];
    this.#handler.begin();
    for (let i = 0; i < count; i++) {
      const word = i * WORDS_PER_HEADER;
      const nameLength = words[word + NAME_LENGTH_WORD] as number;
      // Without a sender, it is the wake-up of a socket that was shut down.
      if (nameLength > 0) {
        received++;
        if (this.#answer(i, words[word + LENGTH_WORD] as number, answers)) {
          this.#address(answers++, i, nameLength);
        }
      }
      // The kernel wrote over these two.
      words[word + NAME_LENGTH_WORD] = NAME_STRIDE;
      words[word + CONTROL_LENGTH_WORD] = CONTROL_STRIDE;
    }
    this.#counters.count(counter.received, received);
    if (answers === 0) return;
    this.#send(answers);
  }

  #receiveFailed(errno: number): void {
    if (errno === EAGAIN || errno === EINTR) return;
    this.#counters.count(counter.receiveErrors);
    this.#handler.failed("receive", this.#describe(errno));
    if (FATAL.includes(errno)) {
      throw new SyscallError("receive", this.#libc.describe(errno), errno);
    }
    this.#pauseMs = Math.min(this.#pauseMs * 2 + 1, MAX_PAUSE_MS);
    Atomics.wait(this.#stop, 0, 0, this.#pauseMs);
  }

  /** Writes the reply to a datagram into a place; returns false if there is none. */
  #answer(i: number, length: number, place: number): boolean {
    const exchange = this.#exchanges[i] as BatchedExchange;
    const info = this.#readControl(i, exchange.arrival);
    if (i === 0 && hasCome(this.#doneAt, exchange.arrival)) this.#backlog = 0;
    exchange.begin(length, this.#replyPlaces[place] as Uint8Array<ArrayBuffer>);
    if (this.#isWildcard && (info === 0 || !this.#setSource(info, place))) {
      this.#counters.refuse(refuseNotUnicast);
      this.#handler.refused(exchange, refuseNotUnicast);
      return false;
    }
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.#handler.handle(exchange);
    } catch (error) {
      this.#counters.count(counter.responderErrors);
      this.#handler.failed("respond", error);
      return false;
    }
    // A promise compares as NaN and counts as declined; `chooseTransport()` rules async responders out.
    if (!((answer as number) > 0)) {
      this.#counters.refuse(answer as number);
      return false;
    }
    this.#replyLengths[place * WORDS_PER_VECTOR + VECTOR_LENGTH_WORD] = answer as number;
    this.#answered[place] = exchange;
    this.#counters.countKind(exchange, 1);
    return true;
  }

  #address(place: number, i: number, nameLength: number): void {
    const [from, to] = [this.#names, this.#replyNames];
    const [first, target] = [i * WORDS_PER_NAME, place * WORDS_PER_NAME];
    for (let word = 0; word < nameLength >> 2; word++) {
      to[target + word] = from[first + word] as number;
    }
    this.#replies.words[place * WORDS_PER_HEADER + NAME_LENGTH_WORD] = nameLength;
  }

  /** Reads when a datagram arrived; returns the word where its packet info is, 0 if there is none. */
  #readControl(i: number, arrival: UnixTime): number {
    const control = this.#control;
    const length = this.#requests.words[i * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] as number;
    let at = i * WORDS_PER_CONTROL;
    const end = at + (length >> 2);
    let info = 0;
    let isStamped = false;
    while (at + DATA_WORD <= end) {
      const messageLength = control[at + CMSGHDR.length / 4] as number;
      const level = control[at + CMSGHDR.level / 4];
      const type = control[at + CMSGHDR.type / 4];
      const data = at + DATA_WORD;
      if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
        arrival.seconds = secondsOf(control, data);
        arrival.nanoseconds = control[data + 2] as number;
        isStamped = true;
      } else if (level === IPPROTO_IP || level === IPPROTO_IPV6) {
        info = data;
      }
      at += (messageLength + 7 >> 3) * 2;
    }
    if (!isStamped) this.#clock.read(arrival);
    return info;
  }

  /** Sets the source address of a reply to the one that was queried; false if that is a group or broadcast. */
  #setSource(info: number, place: number): boolean {
    const [request, reply] = [this.#control, this.#replyControl];
    const at = place * WORDS_PER_CONTROL;
    const isIpv6 = request[info - DATA_WORD + CMSGHDR.level / 4] === IPPROTO_IPV6;
    const size = isIpv6 ? IN6_PKTINFO.size : IN_PKTINFO.size;
    reply[at + CMSGHDR.length / 4] = CMSGHDR.size + size;
    reply[at + CMSGHDR.level / 4] = isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    reply[at + CMSGHDR.type / 4] = isIpv6 ? IPV6_PKTINFO : IP_PKTINFO;
    for (let word = 0; word < size / 4; word++) {
      reply[at + DATA_WORD + word] = request[info + word] as number;
    }
    // The routes choose the interface, as for any other socket; link-local IPv6 addresses
    // need it, and for others it is no more than a hint.
    if (!isIpv6) reply[at + DATA_WORD + IN_PKTINFO.interface / 4] = 0;
    this.#replies.words[place * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] = CMSGHDR.size +
      (size + 7 >> 3) * 8;
    if (isIpv6) return ((request[info + IN6_PKTINFO.destination / 4] as number) & 0xff) !== 0xff;
    return request[info + IN_PKTINFO.local / 4] === request[info + IN_PKTINFO.destination / 4];
  }

  /**
   * Finishes and sends the first replies. Each leaves alone, as soon as its transmit time is written; only where
   * requests keep coming faster than that, more and more of them share a system call and its time.
   */
  #send(count: number): void {
    const share = Math.min(1 + (this.#backlog >> BACKLOG_SHIFT), MAX_REPLIES_PER_SEND);
    for (let first = 0; first < count; first += share) {
      const end = Math.min(first + share, count);
      this.#handler.finish(this.#answered, first, end);
      this.#sendFinished(first, end);
    }
    this.#backlog += count;
    this.#clock.read(this.#doneAt);
  }

  /**
   * Sends replies; one that cannot be sent is counted and dropped. It never waits for room in the send queue: one
   * congested link would delay the clients of all others.
   */
  #sendFinished(first: number, end: number): void {
    for (let next = first; next < end;) {
      const headers = this.#repliesFrom[next] as Uint8Array<ArrayBuffer>;
      const sent = this.#libc.call.sendmmsg(this.#descriptor, headers, end - next, MSG_DONTWAIT);
      if (sent > 0) {
        this.#counters.count(counter.sent, sent);
        next += sent;
      } else {
        const errno = this.#libc.errno();
        if (sent < 0 && errno === EINTR) continue;
        this.#counters.count(counter.sendErrors);
        this.#counters.countKind(this.#answered[next] as BatchedExchange, -1);
        this.#handler.failed("send", this.#describe(errno));
        next++;
      }
    }
  }

  /** An error worded as Deno words its own. */
  #describe(errno: number): Error {
    return new Error(`${this.#libc.describe(errno)} (os error ${errno})`);
  }
}
