/**
 * One flow of requests: a connected UDP socket and the times at which its unanswered requests were sent.
 *
 * @module
 */

import { formatAddress } from "../protocols/endpoint.ts";
import type { Batch } from "../system/batch.ts";
import {
  EAGAIN,
  ECONNREFUSED,
  EINTR,
  ENOBUFS,
  type Libc,
  MSG_DONTWAIT,
  SO_RCVBUF,
  SO_TIMESTAMPNS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../system/libc.ts";
import { SOCKADDR_IN, toSocketAddress } from "../system/socket_address.ts";
import { QueryError } from "../protocols/failure.ts";
import type { Requests } from "./requests.ts";

/** What {@linkcode Flow.take} returns for a request that is lost. */
export const LOST = -1;

/** What {@linkcode Flow.take} returns for a request that was answered before. */
export const ANSWERED = 0;

/** Enough for every reply that can be on its way to one flow, so that a loss is the server's and not the generator's. */
const RECEIVE_QUEUE_OCTETS = 4 * 1024 * 1024;

/** Whom a flow asks, and what is kept of it. */
export interface FlowOptions {
  /** An IPv4 or IPv6 address. */
  readonly hostname: string;
  /** The port there. */
  readonly port: number;
  /** Requests that can be sent from the oldest that waits on, that one included: a power of two. */
  readonly capacity: number;
  /**
   * Whether the kernel says when each reply came.
   *
   * @default {false}
   */
  readonly isStamped?: boolean;
}

/** A flow. Its requests are numbered, from 0 on; in no run are there 2^32 of them. */
export class Flow implements Disposable {
  readonly #libc: Libc;
  readonly #options: FlowOptions;
  readonly #peer: Uint8Array<ArrayBuffer>;
  readonly #capacity: number;
  /** When each request was sent, or what became of it. */
  readonly #sentNs: Float64Array;
  readonly #dueNs: Float64Array;
  readonly #departuresNs: Float64Array;
  #fd: number;
  #nonce: number;
  #oldest = 0;
  #next = 0;
  #outstanding = 0;
  /** Whether no more is sent until everything is answered or given up. */
  draining = false;
  /** When it is to be drained next. */
  nextDrainNs = 0;
  /** When the youngest request was sent. */
  youngestNs = 0;
  /** Whether replies may be waiting from a time when nobody looked. */
  catchingUp = false;
  /** Times that the peer's host said that nobody listens there. */
  refused = 0;

  /** @throws {QueryError} If the network does not lead there */
  constructor(libc: Libc, options: FlowOptions) {
    this.#libc = libc;
    this.#options = options;
    const { hostname, port, capacity, isStamped = false } = options;
    const peer = toSocketAddress(libc, hostname, port);
    if (!peer) throw new QueryError("unreachable", `${hostname} is no address of this network`);
    this.#peer = peer;
    this.#capacity = capacity;
    this.#sentNs = new Float64Array(capacity);
    this.#dueNs = new Float64Array(capacity);
    this.#departuresNs = new Float64Array(isStamped ? capacity : 0);
    this.#fd = this.#open();
    this.#nonce = randomNonce();
  }

  /** What tells the requests of this socket from those of all others: 32 bits, not 0. */
  get nonce(): number {
    return this.#nonce;
  }

  /** The number of the oldest request that waits for its answer; of the next one if none does. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The number of the request that is sent next. */
  get next(): number {
    return this.#next;
  }

  /** Requests that wait for their answer. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** How many more can be sent before the oldest that waits is answered or lost. */
  get room(): number {
    return this.#capacity - (this.#next - this.#oldest);
  }

  /** Sends up to `count` requests, and returns how many left. */
  send(requests: Requests, count: number): number {
    const sent = requests.send(this.#fd, count);
    return sent >= 0 ? sent : this.#failed("send to");
  }

  /** Receives what is there, up to `count` replies, and returns how many came. */
  receive(batch: Batch, count: number): number {
    const received = this.#libc.call.recvmmsg(this.#fd, batch.headers, count, MSG_DONTWAIT, null);
    return received >= 0 ? received : this.#failed("receive from");
  }

  /**
   * Notes that a request was sent.
   *
   * @param sentNs when, for how long it may wait: above 0, and not before the last
   * @param dueNs from when on its latency counts
   * @param departureNs when, for its offset; NaN for one that left later than the call to send it began
   */
  push(sentNs: number, dueNs: number = sentNs, departureNs = NaN): void {
    const place = this.#placeOf(this.#next++);
    this.#sentNs[place] = sentNs;
    this.#dueNs[place] = dueNs;
    this.#departuresNs[place] = departureNs;
    this.#outstanding++;
    this.youngestNs = sentNs;
  }

  /**
   * Takes a request that was answered.
   *
   * @param number the request's number, the oldest that waits where replies cannot be told apart
   * @returns from when on its latency counts; or {@linkcode LOST}, once, or {@linkcode ANSWERED}
   */
  take(number: number = this.#oldest): number {
    if (number >= this.#next) return ANSWERED;
    // So long ago that nothing is known of it any more.
    if (number < this.#next - this.#capacity) return LOST;
    const place = this.#placeOf(number);
    const state = this.#sentNs[place] ?? ANSWERED;
    this.#sentNs[place] = ANSWERED;
    if (state <= 0) return state;
    this.#outstanding--;
    while (this.#oldest < this.#next && this.#stateOf(this.#oldest) <= 0) this.#oldest++;
    return this.#dueNs[place] ?? 0;
  }

  /** The departure of a request that was just taken, as it was noted. */
  departureNs(number: number): number {
    return this.#departuresNs[this.#placeOf(number)] ?? NaN;
  }

  /** Gives up what was sent by then and is unanswered, and returns how many requests those are. */
  expire(sentByNs: number): number {
    const before = this.#outstanding;
    while (this.#oldest < this.#next) {
      const state = this.#stateOf(this.#oldest);
      if (state > sentByNs) break;
      if (state > 0) {
        this.#sentNs[this.#placeOf(this.#oldest)] = LOST;
        this.#outstanding--;
      }
      this.#oldest++;
    }
    return before - this.#outstanding;
  }

  /** Takes a fresh socket, so that late replies cannot be taken for answers to later requests. */
  reopen(): void {
    this[Symbol.dispose]();
    this.#fd = this.#open();
    this.#nonce = randomNonce();
  }

  [Symbol.dispose](): void {
    this.#libc.call.close(this.#fd);
  }

  #placeOf(number: number): number {
    return number & (this.#capacity - 1);
  }

  #stateOf(number: number): number {
    return this.#sentNs[this.#placeOf(number)] ?? ANSWERED;
  }

  #open(): number {
    const { call, check } = this.#libc;
    const peer = this.#peer;
    const family = new DataView(peer.buffer).getUint16(SOCKADDR_IN.family, true);
    const fd = check("open a socket", call.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    try {
      const set = (name: string, option: number, value: number): void => {
        const octets = new Uint8Array(new Int32Array([value]).buffer);
        check(name, call.setsockopt(fd, SOL_SOCKET, option, octets, octets.length));
      };
      set("size the receive queue", SO_RCVBUF, RECEIVE_QUEUE_OCTETS);
      if (this.#options.isStamped) set("have replies stamped", SO_TIMESTAMPNS, 1);
      if (call.connect(fd, peer, peer.length) === -1) this.#failed("send to");
      return fd;
    } catch (error) {
      call.close(fd);
      throw error;
    }
  }

  #failed(action: string): number {
    const number = this.#libc.errno();
    if (number === ECONNREFUSED) this.refused++;
    else if (number !== EAGAIN && number !== EINTR && number !== ENOBUFS) {
      const address = formatAddress(this.#options);
      const reason = this.#libc.describe(number);
      throw new QueryError("unreachable", `Cannot ${action} ${address}: ${reason}`);
    }
    return 0;
  }
}

function randomNonce(): number {
  return 1 + Math.floor(Math.random() * (2 ** 32 - 1));
}
