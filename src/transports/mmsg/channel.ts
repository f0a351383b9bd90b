import type { UnixTime } from "../../clocks/clock.ts";
import { refusal, REPLY_CAPACITY, REQUEST_CAPACITY } from "../../protocols/responder.ts";
import type { Counters } from "../counters.ts";
import type { DatagramHandler, Exchange } from "../exchange.ts";
import { secondsOf } from "./clock.ts";
import {
  type Batch,
  CMSGHDR,
  CONTROL_LENGTH_WORD,
  CONTROL_STRIDE,
  EAGAIN,
  EBADF,
  EFAULT,
  EINTR,
  EINVAL,
  ENOTSOCK,
  IN6_PKTINFO,
  IN_PKTINFO,
  IOVEC,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  layOutBatch,
  LENGTH_WORD,
  type Libc,
  NAME_LENGTH_WORD,
  NAME_STRIDE,
  SO_TIMESTAMPNS,
  SOCKADDR_IN,
  SOL_SOCKET,
  SyscallError,
  WORDS_PER_HEADER,
  zeroed,
} from "./libc.ts";
import { hostnameOf } from "./socket_address.ts";

/** Datagrams that one system call takes; more wins nothing (docs/performance.md). */
const RECEIVE_BATCH = 64;

/**
 * Answers that one system call sends. Each waits for those before it after its transmit time was
 * taken: under overload 16 put the median offset 9 µs off, and one alone costs 12 % more CPU time.
 */
const SEND_BATCH = 8;

/** A socket that fails every receive is tried again at this pace at the slowest. */
const LONGEST_PAUSE_MS = 250;

/** What no trying again mends. */
const FATAL: readonly number[] = [EBADF, EFAULT, EINVAL, ENOTSOCK];

const WORDS_PER_CONTROL = CONTROL_STRIDE / 4;
const WORDS_PER_VECTOR = IOVEC.size / 4;
const VECTOR_LENGTH_WORD = IOVEC.length / 4;
const DATA_WORD = CMSGHDR.size / 4;
const refuseNotAsked = refusal("declined");

/** What a {@linkcode Channel} is made of. */
export interface ChannelOptions {
  readonly descriptor: number;
  readonly isWildcard: boolean;
  readonly handler: DatagramHandler;
  readonly counters: Counters;
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** Tells the time where the kernel did not. */
  readonly readClock: (time: UnixTime) => void;
}

/** One socket with the memory of its datagrams. */
export class Channel {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #handler: DatagramHandler;
  readonly #counters: Counters;
  readonly #stop: Int32Array<SharedArrayBuffer>;
  readonly #readClock: (time: UnixTime) => void;
  readonly #isWildcard: boolean;
  readonly #requests: Batch;
  readonly #replies: Batch;
  /** The part of `#replies.headers` that begins at each message. */
  readonly #repliesFrom: readonly Uint8Array<ArrayBuffer>[];
  readonly #replyLengths: Uint32Array<ArrayBuffer>;
  readonly #control: Int32Array<ArrayBuffer>;
  readonly #replyControl: Int32Array<ArrayBuffer>;
  readonly #exchanges: readonly BatchedExchange[];
  #pauseMs = 0;

  constructor(libc: Libc, options: ChannelOptions) {
    this.#libc = libc;
    this.#descriptor = options.descriptor;
    this.#handler = options.handler;
    this.#counters = options.counters;
    this.#stop = options.stop;
    this.#readClock = options.readClock;
    this.#isWildcard = options.isWildcard;
    const names = zeroed(RECEIVE_BATCH * NAME_STRIDE);
    this.#requests = layOutBatch(RECEIVE_BATCH, REQUEST_CAPACITY, { names, control: true });
    this.#replies = layOutBatch(RECEIVE_BATCH, REPLY_CAPACITY, {
      names,
      control: options.isWildcard,
    });
    this.#repliesFrom = Array.from(
      { length: RECEIVE_BATCH },
      (_, i) => this.#replies.headers.subarray(i * WORDS_PER_HEADER * 4),
    );
    this.#replyLengths = new Uint32Array(this.#replies.vectors.buffer);
    this.#control = new Int32Array(this.#requests.control.buffer);
    this.#replyControl = new Int32Array(this.#replies.control.buffer);
    this.#exchanges = Array.from(
      { length: RECEIVE_BATCH },
      (_, i) => new BatchedExchange(libc, this.#requests, this.#replies, i),
    );
  }

  /** Takes what has come, by one receive with these flags, and answers it. */
  serve(flags: number): void {
    const { headers, words } = this.#requests;
    const count = this.#libc.call.recvmmsg(this.#descriptor, headers, RECEIVE_BATCH, flags, null);
    if (count < 0) {
      this.#receiveFailed(this.#libc.errno());
      return;
    }
    this.#pauseMs = 0;
    let from = 0;
    for (let i = 0; i < count; i++) {
      const word = i * WORDS_PER_HEADER;
      const isAnswered = this.#answer(i, words[word + LENGTH_WORD] as number);
      // What the kernel wrote over is laid out again for the next datagram.
      words[word + NAME_LENGTH_WORD] = NAME_STRIDE;
      words[word + CONTROL_LENGTH_WORD] = CONTROL_STRIDE;
      if (!isAnswered || i + 1 - from >= SEND_BATCH) {
        this.#send(from, isAnswered ? i + 1 : i);
        from = i + 1;
      }
    }
    this.#send(from, count);
  }

  #receiveFailed(errno: number): void {
    if (errno === EAGAIN || errno === EINTR) return;
    this.#counters.receiveErrors++;
    const error = this.#describe("receive", errno);
    this.#handler.failed("receive", error);
    if (FATAL.includes(errno)) throw error;
    this.#pauseMs = Math.min(this.#pauseMs * 2 + 1, LONGEST_PAUSE_MS);
    Atomics.wait(this.#stop, 0, 0, this.#pauseMs);
  }

  /** Has one datagram answered, and says whether there is something to send. */
  #answer(i: number, length: number): boolean {
    const nameLength = this.#requests.words[i * WORDS_PER_HEADER + NAME_LENGTH_WORD] as number;
    // What a receive returns when its socket was shut down to wake it.
    if (nameLength === 0) return false;
    this.#counters.received++;
    const exchange = this.#exchanges[i] as BatchedExchange;
    const info = this.#readControl(i, exchange.arrival);
    if (this.#isWildcard && (info === 0 || !this.#answerFrom(i, info))) {
      this.#counters.refuse(refuseNotAsked);
      return false;
    }
    exchange.take(length);
    let answer: number | Promise<number>;
    try {
      answer = this.#handler.handle(exchange);
    } catch (error) {
      this.#counters.responderErrors++;
      this.#handler.failed("respond", error);
      return false;
    }
    // A promise is nobody's here, and as a number it is none.
    if (!((answer as number) > 0)) {
      this.#counters.refuse(answer as number);
      return false;
    }
    this.#replyLengths[i * WORDS_PER_VECTOR + VECTOR_LENGTH_WORD] = answer as number;
    this.#replies.words[i * WORDS_PER_HEADER + NAME_LENGTH_WORD] = nameLength;
    return true;
  }

  /** Reads when a datagram came; returns the word where its packet-info is, 0 if there is none. */
  #readControl(i: number, arrival: UnixTime): number {
    const control = this.#control;
    const length = this.#requests.words[i * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] as number;
    let at = i * WORDS_PER_CONTROL;
    const end = at + (length >> 2);
    let info = 0;
    let isStamped = false;
    while (at + DATA_WORD <= end) {
      const messageLength = control[at + CMSGHDR.length / 4] as number;
      if (messageLength < CMSGHDR.size) break;
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
    if (!isStamped) this.#readClock(arrival);
    return info;
  }

  /** Has a reply leave from the address that was asked, if that is this machine's alone. */
  #answerFrom(i: number, info: number): boolean {
    const [asked, reply] = [this.#control, this.#replyControl];
    const at = i * WORDS_PER_CONTROL;
    const isIpv6 = asked[info - DATA_WORD + CMSGHDR.level / 4] === IPPROTO_IPV6;
    const size = isIpv6 ? IN6_PKTINFO.size : IN_PKTINFO.size;
    reply[at + CMSGHDR.length / 4] = CMSGHDR.size + size;
    reply[at + CMSGHDR.level / 4] = isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    reply[at + CMSGHDR.type / 4] = isIpv6 ? IPV6_PKTINFO : IP_PKTINFO;
    for (let word = 0; word < size / 4; word++) {
      reply[at + DATA_WORD + word] = asked[info + word] as number;
    }
    this.#replies.words[i * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] = CMSGHDR.size +
      (size + 7 >> 3) * 8;
    // A group or a broadcast address is nobody's to answer from.
    if (isIpv6) return ((asked[info + IN6_PKTINFO.destination / 4] as number) & 0xff) !== 0xff;
    return asked[info + IN_PKTINFO.local / 4] === asked[info + IN_PKTINFO.destination / 4];
  }

  /** Sends the replies from one to before another; one that cannot be sent is counted and left. */
  #send(from: number, to: number): void {
    let next = from;
    while (next < to) {
      const headers = this.#repliesFrom[next] as Uint8Array<ArrayBuffer>;
      const sent = this.#libc.call.sendmmsg(this.#descriptor, headers, to - next, 0);
      if (sent > 0) {
        this.#counters.answered += sent;
        next += sent;
      } else {
        const errno = this.#libc.errno();
        if (sent < 0 && errno === EINTR) continue;
        this.#counters.sendErrors++;
        this.#handler.failed("send", this.#describe("send", errno));
        next++;
      }
    }
  }

  #describe(operation: string, errno: number): Error {
    return new SyscallError(operation, this.#libc.describe(errno), errno);
  }
}

/** A datagram in its place of the batch. */
class BatchedExchange implements Exchange {
  request: Uint8Array<ArrayBuffer>;
  readonly reply: Uint8Array<ArrayBuffer>;
  readonly arrival: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly source: BatchedSource;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  constructor(libc: Libc, requests: Batch, replies: Batch, i: number) {
    const place = ({ payload, stride }: Batch): Uint8Array<ArrayBuffer> =>
      payload.subarray(i * stride, (i + 1) * stride);
    this.request = this.#buffer = place(requests);
    this.reply = place(replies);
    const name = requests.names.subarray(i * NAME_STRIDE, (i + 1) * NAME_STRIDE);
    this.source = new BatchedSource(libc, name);
  }

  take(length: number): void {
    // Requests are mostly of one length, and a view is garbage.
    if (this.request.length !== length) this.request = this.#buffer.subarray(0, length);
    this.source.readPort();
  }
}

/** A sender, whose address becomes a text only when it is asked for. */
class BatchedSource {
  readonly transport = "udp";
  port = 0;
  readonly #libc: Libc;
  readonly #name: Uint8Array<ArrayBuffer>;

  constructor(libc: Libc, name: Uint8Array<ArrayBuffer>) {
    this.#libc = libc;
    this.#name = name;
  }

  get hostname(): string {
    return hostnameOf(this.#libc, this.#name);
  }

  readPort(): void {
    const name = this.#name;
    this.port = (name[SOCKADDR_IN.port] as number) << 8 | (name[SOCKADDR_IN.port + 1] as number);
  }
}
