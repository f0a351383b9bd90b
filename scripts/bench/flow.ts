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
} from "./libc.ts";

/** Unanswered requests that one flow can keep, a power of two. */
export const FLOW_CAPACITY = 16_384;

/** Enough for every reply that can be on its way to one flow, so that a loss is the server's and not the generator's. */
const RECEIVE_QUEUE_OCTETS = 4 * 1024 * 1024;

/** A flow. Its requests carry nothing to tell them apart: a reply answers the oldest one. */
export class Flow {
  readonly #libc: Libc;
  readonly #peer: Uint8Array<ArrayBuffer>;
  readonly #sentNs = new Float64Array(FLOW_CAPACITY);
  #fd: number;
  #head = 0;
  #outstanding = 0;
  /** Whether no more is sent until everything is answered or given up. */
  draining = false;
  /** When it is to be drained next. */
  nextDrainNs = 0;
  /** Times that the peer's host said that nobody listens there. */
  refused = 0;

  constructor(libc: Libc, peer: Uint8Array<ArrayBuffer>) {
    this.#libc = libc;
    this.#peer = peer;
    this.#fd = this.#open();
  }

  /** Requests that wait for their answer. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** When the youngest request that waits was sent. */
  get youngestNs(): number {
    return this.#sentNs[(this.#head + this.#outstanding - 1) & (FLOW_CAPACITY - 1)] ?? 0;
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
    this.#sentNs[(this.#head + this.#outstanding++) & (FLOW_CAPACITY - 1)] = sentNs;
  }

  /** Takes the oldest request that waits, of which there must be one, and returns when it was sent. */
  shift(): number {
    const sentNs = this.#sentNs[this.#head] ?? 0;
    this.#head = (this.#head + 1) & (FLOW_CAPACITY - 1);
    this.#outstanding--;
    return sentNs;
  }

  /** Gives up what is unanswered, on a fresh socket so that late replies cannot be taken for answers to later requests. */
  giveUp(): number {
    const lost = this.#outstanding;
    this.#outstanding = 0;
    this.close();
    this.#fd = this.#open();
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
