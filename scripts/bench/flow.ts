/**
 * One flow of requests: a connected UDP socket and the times at which its unanswered requests were sent.
 *
 * @module
 */

import {
  AF_INET,
  type Batch,
  EAGAIN,
  ECONNREFUSED,
  EINTR,
  ENOBUFS,
  type Libc,
  MSG_DONTWAIT,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../../src/transports/mmsg/libc.ts";

/** Unanswered requests that one flow can keep, a power of two. */
export const FLOW_CAPACITY = 16_384;

/** Enough for every reply that can be on its way to one flow, so that a loss is the server's and not the generator's. */
const RECEIVE_QUEUE_OCTETS = 4 * 1024 * 1024;

/** A flow. Its requests are numbered, from 0 on; in no run are there 2^32 of them. */
export class Flow {
  readonly #libc: Libc;
  readonly #peer: Uint8Array<ArrayBuffer>;
  /** When each request was sent, 0 for those that do not wait any more. */
  readonly #sentNs = new Float64Array(FLOW_CAPACITY);
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
  /** Times that the peer's host said that nobody listens there. */
  refused = 0;

  constructor(libc: Libc, peer: Uint8Array<ArrayBuffer>) {
    this.#libc = libc;
    this.#peer = peer;
    this.#fd = this.#open();
    this.#nonce = randomNonce();
  }

  /** What tells the requests of this socket from those of all others: 32 bits, not 0. */
  get nonce(): number {
    return this.#nonce;
  }

  /** The number of the request that is sent next. */
  get next(): number {
    return this.#next;
  }

  /** Requests that wait for their answer. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** How many more can be sent before the oldest that waits is answered. */
  get room(): number {
    return FLOW_CAPACITY - (this.#next - this.#oldest);
  }

  /** Sends up to `count` requests, and returns how many left. */
  send(batch: Batch, count: number): number {
    const sent = this.#libc.call.sendmmsg(this.#fd, batch.headers, count, MSG_DONTWAIT);
    return sent >= 0 ? sent : this.#failed("send");
  }

  /** Receives what is there, up to `count` replies, and returns how many came. */
  receive(batch: Batch, count: number): number {
    const received = this.#libc.call.recvmmsg(this.#fd, batch.headers, count, MSG_DONTWAIT, null);
    return received >= 0 ? received : this.#failed("receive");
  }

  /** Notes that a request was sent. */
  push(sentNs: number): void {
    this.#sentNs[this.#next++ & (FLOW_CAPACITY - 1)] = sentNs;
    this.#outstanding++;
    this.youngestNs = sentNs;
  }

  /**
   * Takes a request that was answered.
   *
   * @param number the request's number, the oldest that waits where replies cannot be told apart
   * @returns when it was sent, or 0 if it does not wait for an answer
   */
  take(number: number = this.#oldest): number {
    if (number < this.#oldest || number >= this.#next) return 0;
    const sentNs = this.#sentNs[number & (FLOW_CAPACITY - 1)] ?? 0;
    if (sentNs === 0) return 0;
    this.#sentNs[number & (FLOW_CAPACITY - 1)] = 0;
    this.#outstanding--;
    while (this.#oldest < this.#next && this.#sentNs[this.#oldest & (FLOW_CAPACITY - 1)] === 0) {
      this.#oldest++;
    }
    return sentNs;
  }

  /** Gives up what is unanswered, on a fresh socket so that late replies cannot be taken for answers to later requests. */
  giveUp(): number {
    const lost = this.#outstanding;
    this.#outstanding = 0;
    this.#oldest = this.#next;
    this.#sentNs.fill(0);
    this.close();
    this.#fd = this.#open();
    this.#nonce = randomNonce();
    return lost;
  }

  close(): void {
    this.#libc.check("close a socket", this.#libc.call.close(this.#fd));
  }

  #open(): number {
    const { call, check } = this.#libc;
    const fd = check("open a socket", call.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const size = new Uint8Array(new Int32Array([RECEIVE_QUEUE_OCTETS]).buffer);
    check("size the receive queue", call.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, size.length));
    check("connect", call.connect(fd, this.#peer, this.#peer.length));
    return fd;
  }

  #failed(action: string): number {
    const number = this.#libc.errno();
    if (number === ECONNREFUSED) this.refused++;
    else if (number !== EAGAIN && number !== EINTR && number !== ENOBUFS) {
      this.#libc.check(action, -1);
    }
    return 0;
  }
}

function randomNonce(): number {
  return 1 + Math.floor(Math.random() * (2 ** 32 - 1));
}
