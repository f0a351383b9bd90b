/**
 * The transport that runs everywhere: `Deno.listenDatagram`. A few receive loops take datagrams off one socket,
 * and each datagram is then handled in an async task of its own, so that a slow reply delays no other.
 */
import { refusal, REPLY_CAPACITY, REQUEST_CAPACITY } from "../protocols/responder.ts";
import { UNKNOWN_STATUS } from "../clock/status.ts";
import { counter, type Counters } from "./counters.ts";
import type { DatagramHandler, Delivery, Exchange, Operation, Source } from "./exchange.ts";
import { type IpWords, parseIpWords } from "../text/ip_words.ts";
import { ListenError, listenFailure } from "./listen_error.ts";
import { isLinkLocal } from "../system/address.ts";
import { isGranted, requireNet } from "../system/permission.ts";
import { openUdp } from "../system/sockets.ts";
import { settleWithin, systemTimers, type Timers } from "../system/time.ts";
import { type DatagramSocket, runtime } from "../system/runtime.ts";

export interface ListenDatagramOptions {
  /** The address to listen on; an IPv6 link-local one with its zone. */
  readonly hostname: string;
  /** The UDP port; 0 for any free one. */
  readonly port: number;
  readonly handler: DatagramHandler;
  readonly counters: Counters;
  /** The number of replies that may be under way at once; further requests are refused as `overload`. */
  readonly maxTasks: number;
  /** @default {systemTimers} */
  readonly timers?: Timers;
}

/**
 * Several loops keep the socket's queue short while JavaScript is busy; more
 * than eight gain nothing (docs/performance.md).
 */
const RECEIVE_LOOPS = 8;

/** The longest pause between receives on a socket that fails each of them. */
const MAX_RECEIVE_PAUSE_MS = 250;

const refuseStopping = refusal("stopping");
const refuseOverload = refusal("overload");

/**
 * Listens on one UDP address and replies to its datagrams. Throws a {@linkcode ListenError} if the address
 * cannot be bound, `NotCapable` without the permission.
 */
export function listenDatagram(options: ListenDatagramOptions): DatagramListener {
  const { hostname, port } = options;
  try {
    const socket = openUdp(hostname, port);
    return new DatagramListener(socket, options);
  } catch (cause) {
    if (cause instanceof runtime.errors.NotCapable) throw cause;
    throw new ListenError(listenFailure(cause), { hostname, port }, { cause });
  }
}

export class DatagramListener {
  /** The port bound, which is never 0. */
  readonly port: number;
  /** Resolves when the socket is closed and its last receive loop has ended. */
  readonly finished: Promise<void>;
  readonly #options: ListenDatagramOptions;
  readonly #socket: DatagramSocket;
  /** For replies that must leave from another port: opened for the first of them. */
  #otherSocket: DatagramSocket | undefined;
  readonly #handler: DatagramHandler;
  readonly #counters: Counters;
  /** The zone of a link-local address, without which Deno reports its senders. */
  readonly #zone: string;
  readonly #timers: Timers;
  readonly #mayAnswerAll = isGranted({ name: "net" });
  readonly #idle: ReusedExchange[] = [];
  readonly #drained = Promise.withResolvers<void>();
  /** A batch of one, reused for each reply. */
  readonly #batch: Exchange[] = [];
  #tasks = 0;
  #stopping = false;
  #closed = false;

  constructor(socket: DatagramSocket, options: ListenDatagramOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#handler = options.handler;
    this.#counters = options.counters;
    this.#timers = options.timers ?? systemTimers;
    this.#zone = /%.*/.exec(options.hostname)?.[0] ?? "";
    this.port = (socket.addr as Deno.NetAddr).port;
    const loops = Array.from({ length: RECEIVE_LOOPS }, () => this.#receive());
    this.finished = Promise.all(loops).then(() => {});
  }

  /**
   * Accepts no further request, waits up to `graceMs` for the replies under
   * way, then closes the socket. Calling it again waits for the same end.
   */
  async shutdown(graceMs: number): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      if (this.#tasks === 0) this.#drained.resolve();
      await settleWithin(this.#timers, graceMs, this.#drained.promise);
      this.#closed = true;
      for (let left = this.#tasks; left > 0; left--) this.#counters.refuse(refuseStopping);
      this.#socket.close();
      this.#otherSocket?.close();
    }
    await this.finished;
  }

  async #receive(): Promise<void> {
    let pauseMs = 0;
    while (!this.#closed) {
      const exchange = this.#idle.pop() ?? new ReusedExchange();
      try {
        const [request, source] = await this.#socket.receive(exchange.buffer);
        exchange.request = request;
        // Each address that Deno makes has a hidden class of its own, on which named
        // reads miss their inline caches, here and inside of send().
        const hostname: string = Reflect.get(source, "hostname");
        const isZoned = this.#zone !== "" && isLinkLocal(hostname);
        exchange.source.hostname = isZoned ? hostname + this.#zone : hostname;
        exchange.source.port = Reflect.get(source, "port");
      } catch (error) {
        if (this.#closed) return;
        this.#counters.count(counter.receiveErrors);
        this.#handler.failed("receive", error);
        pauseMs = Math.min(pauseMs * 2 + 1, MAX_RECEIVE_PAUSE_MS);
        await this.#timers.sleep(pauseMs);
        continue;
      }
      pauseMs = 0;
      this.#counters.count(counter.received);
      if (this.#stopping || this.#tasks >= this.#options.maxTasks) {
        const refusal = this.#stopping ? refuseStopping : refuseOverload;
        this.#counters.refuse(refusal);
        this.#handler.refused(exchange, refusal);
        this.#idle.push(exchange);
      } else {
        void this.#answer(exchange);
      }
    }
  }

  /**
   * The task of one datagram. It never rejects: every failure is counted here. A task that ends after the
   * socket was closed was counted then.
   */
  async #answer(exchange: ReusedExchange): Promise<void> {
    this.#tasks++;
    let operation: Operation = "respond";
    try {
      this.#handler.begin();
      const answer = this.#handler.handle(exchange);
      const length = typeof answer === "number" ? answer : await answer;
      // Of thousands that waited, each send on a closed socket would throw an error, which takes long.
      if (this.#closed) return;
      if (length > 0) {
        if (exchange.sent.length !== length) exchange.sent = exchange.reply.subarray(0, length);
        operation = "send";
        if (!this.#mayAnswerAll) requireNet(exchange.source.hostname, exchange.source.port);
        operation = "respond";
        const { delivery } = exchange;
        this.#batch[0] = exchange;
        // It reads the clock: nothing may come between it and the sending.
        this.#handler.finish(this.#batch, 0, 1);
        operation = "send";
        if (delivery === undefined) await this.#socket.send(exchange.sent, exchange.source);
        else await this.#deliver(exchange, delivery);
        if (this.#closed) return;
        this.#counters.count(counter.sent);
        this.#counters.countKind(exchange, 1);
      } else {
        this.#counters.refuse(length);
      }
    } catch (error) {
      if (this.#closed) return;
      if (operation === "send") this.#counters.count(counter.sendErrors);
      else this.#counters.count(counter.responderErrors);
      this.#handler.failed(operation, error);
    }
    this.#idle.push(exchange);
    if (--this.#tasks === 0 && this.#stopping) this.#drained.resolve();
  }

  async #deliver(exchange: ReusedExchange, delivery: Delivery): Promise<void> {
    exchange.delivery = undefined;
    const socket = delivery.isFromOtherPort ? this.#openOther() : this.#socket;
    for (let i = 0; i < delivery.copies; i++) {
      await socket.send(exchange.sent, exchange.source);
      this.#counters.count(counter.copies);
    }
    await socket.send(exchange.sent, exchange.source);
    delivery.left();
  }

  #openOther(): DatagramSocket {
    if (this.#closed) return this.#socket;
    return this.#otherSocket ??= openUdp(this.#options.hostname, 0);
  }
}

class ReusedExchange implements Exchange {
  readonly buffer = new Uint8Array(REQUEST_CAPACITY);
  request: Uint8Array = this.buffer;
  readonly source = new ReusedSource();
  readonly arrival = { seconds: 0, nanoseconds: 0 };
  status = UNKNOWN_STATUS;
  isUnfinished = false;
  isText = false;
  isKod = false;
  reply = new Uint8Array(REPLY_CAPACITY);
  /** The part of `reply` that was sent last: most replies have the same length. */
  sent: Uint8Array = this.reply;
  delivery: Delivery | undefined;
}

class ReusedSource implements Source {
  readonly transport = "udp";
  hostname = "";
  port = 0;

  readAddress(words: IpWords): void {
    parseIpWords(this.hostname, words);
  }
}
