/**
 * A TCP connection as a stream for node:http, with deadlines: node:http has them for its own sockets only,
 * and those end for good once the descriptors run out.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { isLoopback } from "../system/address.ts";
import type { TcpConnection } from "../system/runtime.ts";
import { formatJson } from "../text/json.ts";
import { type IpWords, isIpv4, parseIpWords } from "../text/ip_words.ts";
import { formatGoodbye } from "./websocket.ts";

/** The time for the head of a request to arrive, from the start of the connection or its first octet. */
const HEAD_MS = 5000;

/** The time for a request and its response, from the same moment. */
const REQUEST_MS = 10_000;

const KEEP_ALIVE_MS = 65_000;

/** The silence after which a WebSocket is closed. */
const WEBSOCKET_MS = 90_000;

/** The time for a peer to read the last response and close the connection itself. */
const LINGER_MS = 1000;

/** Also bounds what a check of {@linkcode Connection.received} can miss. */
const READ_OCTETS = 16 * 1024;

/** More than the longest head and body with any framing. */
const MAX_OCTETS = 1024 * 1024;

/** Requests that wait for the response to an earlier one. */
const MAX_PENDING = 64;

const limitMs = {
  head: HEAD_MS,
  request: REQUEST_MS,
  stream: Infinity,
  idle: KEEP_ALIVE_MS,
  websocket: WEBSOCKET_MS,
} as const;

type Phase = keyof typeof limitMs | "closing" | "closed";

/** What a connection is used for: requests and responses, a stream of events, or messages. */
export type ConnectionKind = "http" | "events" | "websocket";

/** Makes a stream that calls these functions: `node:stream` is loaded with the first connection. */
type OpenStream = (options: {
  read: () => void;
  write: (octets: Uint8Array, encoding: string, done: (error?: Error | null) => void) => void;
  final: (done: (error?: Error | null) => void) => void;
  destroy: (error: Error | null, done: (error?: Error | null) => void) => void;
}) => Duplex;

export class Connection {
  readonly stream: Duplex;
  /** Whether the peer is on this machine. */
  readonly isLocal: boolean;
  readonly peer: string;
  /** {@linkcode sourceOf} the peer. */
  readonly source: string;
  /** Resolves when its descriptor is free. */
  readonly closed: Promise<void>;
  /** Whether the head of the response has been sent. */
  hasBegun = false;
  /** The request that arrived last, which may be incomplete. */
  latest: IncomingMessage | undefined;
  /** Octets received in all. */
  received = 0;
  /** Ends the last request, unless all of it has arrived. */
  abortRequest: () => void = () => {};
  /** The requests of this connection are carried out in turn (RFC 9112 §9.3.2). */
  turn: Promise<void> = Promise.resolve();
  readonly #conn: TcpConnection;
  readonly #nowMs: () => number;
  readonly #closed = Promise.withResolvers<void>();
  #phase: Phase = "head";
  #deadlineMs: number;
  #startMs: number;
  /** The number of octets received before it. */
  #receivedBefore = 0;
  /** Requests without a complete response. */
  #pending = 0;

  /** @param nowMs A clock that is never set */
  constructor(conn: TcpConnection, openStream: OpenStream, nowMs: () => number) {
    this.#conn = conn;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#deadlineMs = this.#startMs + HEAD_MS;
    this.closed = this.#closed.promise;
    const { hostname } = conn.remoteAddr as Deno.NetAddr;
    this.peer = hostname;
    this.isLocal = isLoopback(hostname);
    this.source = sourceOf(hostname);
    try {
      // Head and body leave one after the other: the body would wait 40 ms for a delayed acknowledgement.
      conn.setNoDelay();
    } catch {
      // The peer is gone already, which a read reports.
    }
    this.stream = openStream({
      read: () => void this.#read(),
      write: (octets, _encoding, done) => void this.#write(octets).then(() => done(), done),
      final: (done) => void conn.closeWrite().then(() => done(), done),
      destroy: (error, done) => {
        done(error);
        void this.#close();
      },
    });
    this.stream.on("end", () => this.abortRequest());
    // The request that it interrupts reports it.
    this.stream.on("error", () => {});
  }

  get isIdle(): boolean {
    return this.#phase === "idle";
  }

  /** Whether a request is under way. */
  get isBusy(): boolean {
    return this.#phase === "request";
  }

  /** Whether it carries a response without an end. */
  get isStreaming(): boolean {
    return this.#phase === "stream";
  }

  get isWebSocket(): boolean {
    return this.#phase === "websocket";
  }

  get kind(): ConnectionKind {
    return this.isStreaming ? "events" : this.isWebSocket ? "websocket" : "http";
  }

  get isClosing(): boolean {
    return this.#phase === "closing" || this.#phase === "closed";
  }

  /** Notes that the head of a request has arrived. */
  begin(): void {
    this.#pending++;
    if (this.isClosing) return;
    if (this.#pending > MAX_PENDING) return this.abort();
    this.#phase = "request";
    this.#deadlineMs = this.#startMs + REQUEST_MS;
  }

  /** Notes that a response has begun that goes on for as long as the client reads it. */
  beginStream(): void {
    if (!this.isClosing) this.#restart("stream");
  }

  /** Notes that a response is complete. */
  end(): void {
    this.#pending--;
    this.hasBegun = false;
    if (this.isClosing) return;
    this.#restart(this.#pending > 0 ? "request" : "idle");
  }

  /** Sends the head that ends HTTP on this connection. */
  becomeWebSocket(headers: Readonly<Record<string, string>>): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.stream.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
    this.#restart("websocket");
  }

  /** Closes it if its time is over. */
  checkDeadline(): void {
    if (this.#nowMs() < this.#deadlineMs) return;
    if (this.#phase === "closing") this.abort();
    else if (this.#phase === "idle") this.stream.destroy();
    else if (this.#phase === "websocket") this.leave();
    else this.refuse(408, "The request took too long");
  }

  /** Answers for node:http, which cannot go on, and closes the connection. */
  refuse(status: number, error: string): void {
    if (this.isClosing) return;
    if (this.hasBegun || this.isWebSocket) return this.abort();
    const body = `${formatJson({ error })}\n`;
    void this.#write(new TextEncoder().encode(
      `HTTP/1.1 ${status} ${reasons[status] ?? "Error"}\r\ncontent-type: application/json\r\n` +
        `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    )).catch(() => {});
    this.stream.destroy();
  }

  /** Closes a WebSocket that the server ends. */
  leave(): void {
    void this.#write(formatGoodbye()).catch(() => {});
    this.stream.destroy();
  }

  /** Closes it at once. */
  abort(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#conn.close();
    this.stream.destroy();
    this.#closed.resolve();
  }

  #restart(phase: keyof typeof limitMs): void {
    this.#phase = phase;
    this.#startMs = this.#nowMs();
    this.#receivedBefore = this.received;
    this.#deadlineMs = this.#startMs + limitMs[phase];
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_OCTETS);
    try {
      const length = await this.#conn.read(buffer);
      if (length === null) return void this.stream.push(null);
      if (this.#phase === "idle") this.#restart("head");
      if (this.#phase === "websocket") this.#restart("websocket");
      this.received += length;
      if (this.received - this.#receivedBefore > MAX_OCTETS) {
        return this.refuse(413, `Expected ${MAX_OCTETS} octets at most`);
      }
      this.stream.push(buffer.subarray(0, length));
    } catch (error) {
      this.stream.destroy(error as Error);
    }
  }

  async #write(octets: Uint8Array): Promise<void> {
    let rest = octets;
    while (rest.length > 0) rest = rest.subarray(await this.#conn.write(rest));
  }

  /**
   * Closes it once the peer has, or after a second: with octets unread, the kernel would reset the
   * connection, and the peer could lose the response (RFC 9112 §9.6).
   */
  async #close(): Promise<void> {
    if (this.isClosing) return;
    this.#phase = "closing";
    this.#deadlineMs = this.#nowMs() + LINGER_MS;
    const buffer = new Uint8Array(READ_OCTETS);
    try {
      await this.#conn.closeWrite();
      while (await this.#conn.read(buffer) !== null);
    } catch {
      // The peer is gone, or the second is over.
    }
    this.abort();
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
};

/** Names the source that an address belongs to: of IPv6 its network, for one machine has a whole /64. */
export function sourceOf(address: string): string {
  const words: IpWords = new Uint32Array(4);
  parseIpWords(address, words);
  return words.slice(0, isIpv4(words) ? 4 : 2).join();
}
