import type { UnixTime } from "../../clock/clock.ts";
import { type ClockStatus, UNKNOWN_STATUS } from "../../clock/status.ts";
import { getUint32 } from "../../protocols/octets.ts";
import {
  type Answer,
  refusal,
  REPLY_CAPACITY,
  REQUEST_CAPACITY,
} from "../../protocols/responder.ts";
import type { Counters } from "../counters.ts";
import type { DatagramHandler, Exchange, Source } from "../exchange.ts";
import { type IpWords, setIpv4 } from "../../text/ip_words.ts";
import { type RealtimeClock, secondsOf } from "../../clock/realtime_clock.ts";
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
  AF_INET,
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
import { hostnameOf, SOCKADDR_IN, SOCKADDR_IN6 } from "../../system/socket_address.ts";
import { Pace } from "./pace.ts";

/** Datagrams that one system call moves; more wins nothing (docs/performance.md). */
const BATCH = 64;

/** A socket that fails every receive is tried again at this pace at the slowest. */
const LONGEST_PAUSE_MS = 250;

/** What no trying again mends. */
const FATAL: readonly number[] = [EBADF, EFAULT, EINVAL, ENOTSOCK];

const WORDS_PER_NAME = NAME_STRIDE / 4;
const WORDS_PER_CONTROL = CONTROL_STRIDE / 4;
const WORDS_PER_VECTOR = IOVEC.size / 4;
const VECTOR_LENGTH_WORD = IOVEC.length / 4;
const DATA_WORD = CMSGHDR.size / 4;
const refuseNotUnicast = refusal("not-unicast");

/** What a {@linkcode Channel} is made of. */
export interface ChannelOptions {
  readonly descriptor: number;
  readonly isWildcard: boolean;
  readonly handler: DatagramHandler;
  readonly counters: Counters;
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** The clock for datagrams without a kernel timestamp. */
  readonly clock: RealtimeClock;
}

/** One socket with the memory of its datagrams. */
export class Channel {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #handler: DatagramHandler;
  readonly #counters: Counters;
  readonly #stop: Int32Array<SharedArrayBuffer>;
  readonly #clock: RealtimeClock;
  readonly #pace: Pace;
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
  /** The exchanges whose replies are sent next, in the order of their places. */
  readonly #answered: BatchedExchange[];
  #pauseMs = 0;

  constructor(libc: Libc, options: ChannelOptions) {
    this.#libc = libc;
    this.#descriptor = options.descriptor;
    this.#handler = options.handler;
    this.#counters = options.counters;
    this.#stop = options.stop;
    this.#clock = options.clock;
    this.#pace = new Pace(options.clock);
    this.#isWildcard = options.isWildcard;
    const [names, replyNames] = [zeroed(BATCH * NAME_STRIDE), zeroed(BATCH * NAME_STRIDE)];
    this.#requests = layOutBatch(BATCH, REQUEST_CAPACITY, { names, control: true });
    this.#replies = layOutBatch(BATCH, REPLY_CAPACITY, {
      names: replyNames,
      control: options.isWildcard,
    });
    this.#names = new Int32Array(names.buffer);
    this.#replyNames = new Int32Array(replyNames.buffer);
    this.#replyPlaces = Array.from({ length: BATCH }, (_, i) => placeOf(this.#replies, i));
    this.#repliesFrom = Array.from(
      { length: BATCH },
      (_, i) => this.#replies.headers.subarray(i * WORDS_PER_HEADER * 4),
    );
    this.#replyLengths = new Uint32Array(this.#replies.vectors.buffer);
    this.#control = new Int32Array(this.#requests.control.buffer);
    this.#replyControl = new Int32Array(this.#replies.control.buffer);
    this.#exchanges = Array.from(
      { length: BATCH },
      (_, i) => new BatchedExchange(libc, this.#requests, i),
    );
    this.#answered = [...this.#exchanges];
  }

  /** Takes what has come, by one receive with these flags, and answers it. */
  serve(flags: number): void {
    const { headers, words } = this.#requests;
    const count = this.#libc.call.recvmmsg(this.#descriptor, headers, BATCH, flags, null);
    if (count < 0) {
      this.#receiveFailed(this.#libc.errno());
      return;
    }
    this.#pauseMs = 0;
    let answers = 0;
    this.#handler.begin();
    for (let i = 0; i < count; i++) {
      const word = i * WORDS_PER_HEADER;
      if (this.#answer(i, words[word + LENGTH_WORD] as number, answers)) answers++;
      // What the kernel wrote over is laid out again for the next datagram.
      words[word + NAME_LENGTH_WORD] = NAME_STRIDE;
      words[word + CONTROL_LENGTH_WORD] = CONTROL_STRIDE;
    }
    if (answers > 0) this.#send(answers);
  }

  #receiveFailed(errno: number): void {
    if (errno === EAGAIN || errno === EINTR) return;
    this.#counters.receiveErrors++;
    this.#handler.failed("receive", this.#describe(errno));
    if (FATAL.includes(errno)) {
      throw new SyscallError("receive", this.#libc.describe(errno), errno);
    }
    this.#pauseMs = Math.min(this.#pauseMs * 2 + 1, LONGEST_PAUSE_MS);
    Atomics.wait(this.#stop, 0, 0, this.#pauseMs);
  }

  /** Answers one datagram into a reply's place; returns whether there is something to send. */
  #answer(i: number, length: number, place: number): boolean {
    const nameLength = this.#requests.words[i * WORDS_PER_HEADER + NAME_LENGTH_WORD] as number;
    // What a receive returns when its socket was shut down to wake it.
    if (nameLength === 0) return false;
    this.#counters.received++;
    const exchange = this.#exchanges[i] as BatchedExchange;
    const info = this.#readControl(i, exchange.arrival);
    if (this.#isWildcard && (info === 0 || !this.#answerFrom(info, place))) {
      this.#counters.refuse(refuseNotUnicast);
      return false;
    }
    exchange.take(length, this.#replyPlaces[place] as Uint8Array<ArrayBuffer>);
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.#handler.handle(exchange);
    } catch (error) {
      this.#counters.responderErrors++;
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
    this.#address(place, i, nameLength);
    return true;
  }

  /** Addresses a reply to who sent a request. */
  #address(place: number, i: number, nameLength: number): void {
    const [from, to] = [this.#names, this.#replyNames];
    const [first, target] = [i * WORDS_PER_NAME, place * WORDS_PER_NAME];
    for (let word = 0; word < nameLength >> 2; word++) {
      to[target + word] = from[first + word] as number;
    }
    this.#replies.words[place * WORDS_PER_HEADER + NAME_LENGTH_WORD] = nameLength;
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
    if (!isStamped) this.#clock.read(arrival);
    return info;
  }

  /** Has a reply leave from the address that was asked, if that is this machine's alone. */
  #answerFrom(info: number, place: number): boolean {
    const [asked, reply] = [this.#control, this.#replyControl];
    const at = place * WORDS_PER_CONTROL;
    const isIpv6 = asked[info - DATA_WORD + CMSGHDR.level / 4] === IPPROTO_IPV6;
    const size = isIpv6 ? IN6_PKTINFO.size : IN_PKTINFO.size;
    reply[at + CMSGHDR.length / 4] = CMSGHDR.size + size;
    reply[at + CMSGHDR.level / 4] = isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    reply[at + CMSGHDR.type / 4] = isIpv6 ? IPV6_PKTINFO : IP_PKTINFO;
    for (let word = 0; word < size / 4; word++) {
      reply[at + DATA_WORD + word] = asked[info + word] as number;
    }
    // The routes choose the interface, as for any other socket; of IPv6, link-local addresses
    // need it, and for others it is no more than a hint.
    if (!isIpv6) reply[at + DATA_WORD + IN_PKTINFO.interface / 4] = 0;
    this.#replies.words[place * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] = CMSGHDR.size +
      (size + 7 >> 3) * 8;
    // A group or a broadcast address is nobody's to answer from.
    if (isIpv6) return ((asked[info + IN6_PKTINFO.destination / 4] as number) & 0xff) !== 0xff;
    return asked[info + IN_PKTINFO.local / 4] === asked[info + IN_PKTINFO.destination / 4];
  }

  /**
   * Finishes and sends the first replies; one that cannot be sent is counted and left. It never waits for
   * room in the send queue: a congested link would hold up the clients of all others.
   */
  #send(count: number): void {
    this.#pace.begin(count);
    this.#handler.finish(this.#answered, count, this.#pace.leadNs);
    for (let next = 0; next < count;) {
      const headers = this.#repliesFrom[next] as Uint8Array<ArrayBuffer>;
      const sent = this.#libc.call.sendmmsg(this.#descriptor, headers, count - next, MSG_DONTWAIT);
      if (sent > 0) {
        if (sent === count) this.#pace.sent(count);
        this.#counters.answered += sent;
        next += sent;
      } else {
        const errno = this.#libc.errno();
        if (sent < 0 && errno === EINTR) continue;
        this.#counters.sendErrors++;
        this.#handler.failed("send", this.#describe(errno));
        next++;
      }
    }
  }

  /** As Deno words it. */
  #describe(errno: number): Error {
    return new Error(`${this.#libc.describe(errno)} (os error ${errno})`);
  }
}

/** A datagram in its place of the batch. */
class BatchedExchange implements Exchange {
  request: Uint8Array<ArrayBuffer>;
  reply: Uint8Array<ArrayBuffer> = zeroed(0);
  readonly arrival: UnixTime = { seconds: 0, nanoseconds: 0 };
  status: ClockStatus = UNKNOWN_STATUS;
  isUnfinished = false;
  readonly source: BatchedSource;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  constructor(libc: Libc, requests: Batch, i: number) {
    this.request = this.#buffer = placeOf(requests, i);
    const name = requests.names.subarray(i * NAME_STRIDE, (i + 1) * NAME_STRIDE);
    this.source = new BatchedSource(libc, name);
  }

  take(length: number, reply: Uint8Array<ArrayBuffer>): void {
    // Requests are mostly of one length, and a view is garbage.
    if (this.request.length !== length) this.request = this.#buffer.subarray(0, length);
    this.reply = reply;
    this.source.readPort();
  }
}

function placeOf({ payload, stride }: Batch, i: number): Uint8Array<ArrayBuffer> {
  return payload.subarray(i * stride, (i + 1) * stride);
}

/** A sender, whose address becomes a text only when it is asked for. */
class BatchedSource implements Source {
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

  readAddress(words: IpWords): void {
    const name = this.#name;
    if ((name[SOCKADDR_IN.family] as number) === AF_INET) {
      setIpv4(words, getUint32(name, SOCKADDR_IN.address));
    } else {
      for (let i = 0; i < 4; i++) words[i] = getUint32(name, SOCKADDR_IN6.address + 4 * i);
    }
  }

  readPort(): void {
    const name = this.#name;
    this.port = (name[SOCKADDR_IN.port] as number) << 8 | (name[SOCKADDR_IN.port + 1] as number);
  }
}
