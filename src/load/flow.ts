/** One flow of requests: a connected UDP socket and the send times of its outstanding requests. */
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

/** The result of {@linkcode Flow.recordReply} for a request that is already lost. */
export const LOST = -1;

/** The result of {@linkcode Flow.recordReply} for a request that was answered before. */
export const ANSWERED = 0;

/** Room for every reply that can be under way to one flow, so that the generator loses none. */
const RECEIVE_QUEUE_OCTETS = 4 * 1024 * 1024;

export interface FlowOptions {
  readonly hostname: string;
  readonly port: number;
  /** The address of this machine to send from. */
  readonly bind?: string | undefined;
  /** Its part of the window. */
  readonly share: number;
  /** Requests remembered, from the oldest outstanding one on: a power of two. */
  readonly capacity: number;
  /** Whether the kernel timestamps each reply. */
  readonly isStamped?: boolean;
}

/** Errors of a receive that are no failure of the socket. */
const TRANSIENT: readonly number[] = [EAGAIN, EINTR, ENOBUFS, ECONNREFUSED];

/** A flow. Its requests are numbered from 0; no run has 2^32 of them. */
export class Flow implements Disposable {
  readonly #libc: Libc;
  readonly #options: FlowOptions;
  readonly #peer: Uint8Array<ArrayBuffer>;
  readonly #local: Uint8Array<ArrayBuffer> | undefined;
  readonly #capacity: number;
  /** When each request was sent, or its outcome. */
  readonly #sentNs: Float64Array;
  readonly #dueNs: Float64Array;
  readonly #departuresNs: Float64Array;
  readonly share: number;
  #fd: number;
  /** Identifies the requests of this socket: 32 random bits, not 0. */
  nonce = randomNonce();
  /** The number of the oldest outstanding request; of the next one if none is. */
  oldest = 0;
  next = 0;
  /** The number of requests without a reply so far. */
  outstanding = 0;
  /** Whether nothing is sent until all requests are answered or lost. */
  isDraining = false;
  nextDrainNs = 0;
  youngestNs = 0;
  /** Whether replies may have arrived during a pause of the generator. */
  isCatchingUp = false;
  /** The number of times that the peer's host reported a closed port. */
  refused = 0;

  constructor(libc: Libc, options: FlowOptions) {
    this.#libc = libc;
    this.#options = options;
    const { bind, hostname, port, share, capacity, isStamped = false } = options;
    const encode = (address: string, port: number): Uint8Array<ArrayBuffer> => {
      const encoded = toSocketAddress(libc, address, port);
      if (encoded) return encoded;
      throw new QueryError("unreachable", `${address} is not an address of this network`);
    };
    this.#peer = encode(hostname, port);
    this.#local = bind === undefined ? undefined : encode(bind, 0);
    this.#capacity = capacity;
    this.share = share;
    this.#sentNs = new Float64Array(capacity);
    this.#dueNs = new Float64Array(capacity);
    this.#departuresNs = new Float64Array(isStamped ? capacity : 0);
    this.#fd = this.#open();
  }

  /** How many more can be sent before the oldest outstanding request is answered or lost. */
  get room(): number {
    return this.#capacity - (this.next - this.oldest);
  }

  send(requests: Requests, count: number): number {
    const sent = requests.send(this.#fd, count);
    return sent >= 0 ? sent : this.#handleError("send to");
  }

  /** Receives up to `count` waiting replies, and returns their number. */
  receive(batch: Batch, count: number): number {
    let received = this.#read(batch, count);
    // A system call of the runtime may have overwritten errno: what is wrong with a socket comes again.
    if (received < 0 && !TRANSIENT.includes(this.#libc.errno())) {
      received = this.#read(batch, count);
    }
    return received >= 0 ? received : this.#handleError("receive from");
  }

  /**
   * Records a request: its timeout starts at `sentNs`, above 0 and not before the last, its latency at `dueNs`.
   * Its departure, for the offset, is NaN if it left later than its system call began.
   */
  recordSent(sentNs: number, dueNs: number = sentNs, departureNs = NaN): void {
    const place = this.#placeOf(this.next++);
    this.#sentNs[place] = sentNs;
    this.#dueNs[place] = dueNs;
    this.#departuresNs[place] = departureNs;
    this.outstanding++;
    this.youngestNs = sentNs;
  }

  /**
   * Records the reply to a request, the oldest outstanding one where replies name none. Returns the start of its
   * latency; or {@linkcode LOST}, once, or {@linkcode ANSWERED}.
   */
  recordReply(number: number = this.oldest): number {
    if (number >= this.next) return ANSWERED;
    // No longer remembered.
    if (number < this.next - this.#capacity) return LOST;
    const place = this.#placeOf(number);
    const state = this.#sentNs[place] as number;
    this.#sentNs[place] = ANSWERED;
    if (state <= 0) return state;
    this.outstanding--;
    while (this.oldest < this.next && this.#stateOf(this.oldest) <= 0) this.oldest++;
    return this.#dueNs[place] as number;
  }

  /** The recorded departure of a request that was just answered. */
  departureNs(number: number): number {
    return this.#departuresNs[this.#placeOf(number)] ?? NaN;
  }

  /** Marks the outstanding requests sent by then as lost, and returns their number. */
  expire(sentByNs: number): number {
    const before = this.outstanding;
    while (this.oldest < this.next) {
      const state = this.#stateOf(this.oldest);
      if (state > sentByNs) break;
      if (state > 0) {
        this.#sentNs[this.#placeOf(this.oldest)] = LOST;
        this.outstanding--;
      }
      this.oldest++;
    }
    return before - this.outstanding;
  }

  /** Opens a new socket, so that late replies cannot count for later requests. */
  reopen(): void {
    this[Symbol.dispose]();
    this.#fd = this.#open();
    this.nonce = randomNonce();
  }

  [Symbol.dispose](): void {
    this.#libc.call.close(this.#fd);
    // Where no new socket can be opened, the flow is disposed of once more; its number may be another's by then.
    this.#fd = -1;
  }

  #placeOf(number: number): number {
    return number & (this.#capacity - 1);
  }

  #stateOf(number: number): number {
    return this.#sentNs[this.#placeOf(number)] as number;
  }

  #open(): number {
    const { call, check } = this.#libc;
    const peer = this.#peer;
    const family = new DataView(peer.buffer).getUint16(SOCKADDR_IN.family, true);
    const fd = call.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd === -1) this.#handleError("open a socket to");
    try {
      const set = (name: string, option: number, value: number): void => {
        const octets = new Uint8Array(new Int32Array([value]).buffer);
        check(name, call.setsockopt(fd, SOL_SOCKET, option, octets, octets.length));
      };
      set("set the receive queue", SO_RCVBUF, RECEIVE_QUEUE_OCTETS);
      if (this.#options.isStamped) set("timestamp replies", SO_TIMESTAMPNS, 1);
      const local = this.#local;
      if (local && call.bind(fd, local, local.length) === -1) {
        this.#handleError(`send from ${this.#options.bind} to`);
      }
      if (call.connect(fd, peer, peer.length) === -1) this.#handleError("send to");
      return fd;
    } catch (error) {
      call.close(fd);
      throw error;
    }
  }

  #read(batch: Batch, count: number): number {
    return this.#libc.call.recvmmsg(this.#fd, batch.headers, count, MSG_DONTWAIT, null);
  }

  #handleError(action: string): number {
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
