/**
 * HTTP over TCP: one listener, whose connections are few and short enough that nobody can exhaust the
 * server. `Deno.serve()` has no such limits, and obeys an environment variable that opens another address.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type * as Crypto from "node:crypto";
import type { Duplex } from "node:stream";
import { formatAddress } from "../protocols/endpoint.ts";
import { canonicalAddress, firstOf } from "../system/address.ts";
import { settleWithin, systemTimers, type Timers } from "../system/time.ts";
import type { HttpAddress } from "./address.ts";
import { Connection, type ConnectionKind } from "./connection.ts";
import {
  HttpError,
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
  toHttpError,
} from "./message.ts";
import { readBody, readHeaders, readTarget } from "./read_request.ts";
import type { TextStream } from "./text_stream.ts";
import { type Runtime, runtime, type TcpConnection, type TcpListener } from "../system/runtime.ts";
import { isReset } from "../system/sockets.ts";
import { acceptWebSocket, asksForWebSocket, serveWebSocket } from "./websocket.ts";

/** Answers every request, whatever is wrong with it. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpListenerOptions {
  /** What listens, for messages. */
  readonly name: string;
  readonly handler: HttpHandler;
  /** The path where connections may become WebSockets. */
  readonly webSocketPath?: string | undefined;
  readonly timers?: Timers;
  /** @default {Deno.listen} */
  readonly listen?: Runtime["listen"];
}

const MAX_CONNECTIONS = 128;

/** From one source; this machine is exempt. */
const MAX_PER_SOURCE = 16;

/** Fewer than half of the connections, as they are kept. */
const MAX_WEBSOCKETS = 64;

const MAX_HEAD_OCTETS = 16 * 1024;

/** The interval at which deadlines are checked. */
const CHECK_MS = 250;

/** The pause after a connection could not be accepted, usually because there is no descriptor for it. */
const ACCEPT_PAUSE_MS = 10;

/** The time that a shutdown waits for responses under way. */
const GRACE_MS = 200;

export class HttpListener {
  readonly #name: string;
  readonly #handler: HttpHandler;
  readonly #webSocketPath: string | undefined;
  #crypto: typeof Crypto | undefined;
  readonly #timers: Timers;
  readonly #listen: NonNullable<HttpListenerOptions["listen"]>;
  readonly #connections = new Map<Duplex, Connection>();
  #listener: TcpListener | undefined;
  #check: Disposable | undefined;
  #isStopping = false;

  constructor(
    { name, handler, webSocketPath, timers = systemTimers, listen = runtime.listen }:
      HttpListenerOptions,
  ) {
    this.#name = name;
    this.#handler = handler;
    this.#webSocketPath = webSocketPath;
    this.#timers = timers;
    this.#listen = listen;
  }

  /** The address that it listens on. */
  get address(): Deno.NetAddr | undefined {
    return this.#listener?.addr as Deno.NetAddr | undefined;
  }

  /** The number of open connections of each kind. */
  get connections(): Readonly<Record<ConnectionKind, number>> {
    const counts = { http: 0, events: 0, websocket: 0 };
    for (const { kind } of this.#connections.values()) counts[kind]++;
    return counts;
  }

  /**
   * Starts to listen.
   *
   * @param address An IP address, and a port of which 0 is any free one
   * @throws {Error} If it cannot be listened on
   * @throws {Deno.errors.NotCapable} If the permission is missing
   */
  async start(address: HttpAddress): Promise<void> {
    const [http, stream, crypto] = await Promise.all([
      import("node:http"),
      import("node:stream"),
      this.#webSocketPath === undefined ? undefined : import("node:crypto"),
    ]);
    this.#crypto = crypto;
    if (this.#isStopping) return;
    const listener = await this.#open(address);
    if (this.#isStopping) return listener.close();
    this.#listener = listener;
    const options = {
      maxHeaderSize: MAX_HEAD_OCTETS,
      requireHostHeader: false,
      keepAliveTimeout: 0,
      // Other protocols, which some clients offer with every request, are ignored (RFC 9110 §7.8).
      shouldUpgradeCallback: (message: IncomingMessage) =>
        asksForWebSocket(message, this.#webSocketPath),
    };
    const request = (message: IncomingMessage, response: ServerResponse): void =>
      this.#request(message, response);
    const server = http.createServer(options, request);
    // Otherwise node:http responds by itself, and no deadline and no counter notices.
    server.on("checkExpectation", request);
    // Otherwise it would close each connection after one response.
    Object.defineProperty(server, "listening", { value: true });
    // A client that has sent all may close its side at once, as `nc -N` does, and still wants the response.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on("clientError", (error: Error & { readonly code?: string }, socket: Duplex) => {
      const isTooLong = error.code === "HPE_HEADER_OVERFLOW";
      this.#connections.get(socket)?.refuse(isTooLong ? 431 : 400, "Cannot read the request");
    });
    server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Uint8Array) => {
      const response = new http.ServerResponse(message);
      response.assignSocket(socket as Socket);
      this.#request(message, response, head);
    });
    server.on("connect", (_message: IncomingMessage, socket: Duplex) => {
      this.#connections.get(socket)?.refuse(405, "This is no proxy");
    });
    this.#check = this.#timers.every(CHECK_MS, () => {
      for (const connection of this.#connections.values()) connection.checkDeadline();
    });
    void this.#accept(listener, (conn) => {
      const nowMs = (): number => this.#timers.monotonicMs();
      const connection = new Connection(conn, (options) => new stream.Duplex(options), nowMs);
      this.#admit(connection, server);
    });
  }

  /**
   * Starts to listen on the first of some addresses that it can have. Where the port is in use, it tries no other: its
   * clients would reach another program.
   *
   * @throws {Error} As {@linkcode HttpListener.start} does
   */
  async startOnFirst(addresses: readonly string[], port: number): Promise<void> {
    const isInUse = (error: unknown): boolean =>
      (error as Error).cause instanceof runtime.errors.AddrInUse;
    await firstOf(addresses, (hostname) => this.start({ hostname, port }), isInUse);
  }

  /** Lets the responses under way finish for a moment, then closes every connection. */
  async shutdown(): Promise<void> {
    this.#isStopping = true;
    this.#listener?.close();
    this.#check?.[Symbol.dispose]();
    const connections = [...this.#connections.values()];
    const busy = connections.filter(({ isBusy, isWebSocket }) => isBusy || isWebSocket);
    for (const connection of connections) {
      if (connection.isWebSocket) connection.leave();
      else if (!connection.isBusy) connection.abort();
    }
    const finished = Promise.all(busy.map(({ closed }) => closed));
    await settleWithin(this.#timers, GRACE_MS, finished);
    for (const connection of busy) connection.abort();
  }

  async #open(address: HttpAddress): Promise<TcpListener> {
    const action = `Cannot open the ${this.#name} on tcp ${formatAddress(address)}`;
    let listener: TcpListener;
    try {
      listener = await this.#listen({ ...address });
    } catch (cause) {
      if (cause instanceof runtime.errors.NotCapable) throw cause;
      const reason = cause instanceof runtime.errors.AddrInUse
        ? "the port is already in use"
        : (cause as Error).message;
      throw new Error(`${action}: ${reason}`, { cause });
    }
    const { hostname, port } = listener.addr as Deno.NetAddr;
    const isSame = canonicalAddress(hostname) === canonicalAddress(address.hostname) &&
      (address.port === 0 || address.port === port);
    if (isSame) return listener;
    listener.close();
    throw new Error(`${action}: it would be ${formatAddress({ hostname, port })}`);
  }

  /** Accepts connections until it is closed; a failure concerns one connection only. */
  async #accept(listener: TcpListener, admit: (conn: TcpConnection) => void): Promise<void> {
    while (!this.#isStopping) {
      try {
        admit(await listener.accept());
      } catch (error) {
        if (this.#isStopping) return;
        if (isReset(error)) continue;
        this.#evict();
        await this.#timers.sleep(ACCEPT_PAUSE_MS);
      }
    }
  }

  #admit(connection: Connection, server: Server): void {
    const connections = this.#connections;
    connections.set(connection.stream, connection);
    // node:http aborts it by itself only if it closes half-closed connections.
    connection.stream.on("end", () => {
      const { latest } = connection;
      if (latest?.complete === false) latest.destroy(new Error("aborted"));
      if (connection.isStreaming) connection.abort();
    });
    void connection.closed.then(() => connections.delete(connection.stream));
    const isSame = ({ source }: Connection): boolean => source === connection.source;
    const isOneTooMany = !connection.isLocal &&
      [...connections.values()].filter(isSame).length > MAX_PER_SOURCE;
    if (isOneTooMany || this.#isStopping) return connection.abort();
    if (connections.size > MAX_CONNECTIONS) this.#evict();
    server.emit("connection", connection.stream);
  }

  /**
   * Closes the connection that is needed least, the first of its kind: a client that is served within
   * milliseconds then finds room, however many connections others hold.
   */
  #evict(): void {
    const value = ({ isIdle, isClosing, isStreaming, isWebSocket }: Connection): number =>
      isIdle ? 0 : isClosing ? 1 : isStreaming || isWebSocket ? 3 : 2;
    const [least] = [...this.#connections.values()].sort((a, b) => value(a) - value(b));
    least?.abort();
  }

  #request(message: IncomingMessage, response: ServerResponse, head?: Uint8Array): void {
    const connection = this.#connections.get(message.socket as Duplex);
    if (connection === undefined) return;
    connection.begin();
    connection.latest = message;
    response.on("close", () => connection.end());
    connection.abortRequest = () => {
      if (!message.complete) message.destroy(new Error("aborted"));
    };
    const received = connection.received;
    connection.turn = connection.turn.then(async () => {
      if (connection.isClosing || response.destroyed) return;
      const isWebSocket = head !== undefined;
      const answer = await this.#answer(message, connection, received, isWebSocket);
      const { status, headers, body, arrive } = answer;
      if (connection.isClosing || response.destroyed) return;
      if (isWebSocket && arrive !== undefined) {
        response.detachSocket(message.socket);
        connection.becomeWebSocket(headers);
        return await serveWebSocket(connection.stream, head, arrive);
      }
      connection.hasBegun = true;
      if (typeof body !== "string" && !(body instanceof Uint8Array)) {
        return await this.#stream(connection, message, response, { status, headers, body });
      }
      const octets = typeof body === "string" ? new TextEncoder().encode(body) : body;
      // After an error nothing more is read: not the rest of a body, and no request after it.
      const isLast = status >= 400 || !message.complete || this.#isStopping || isWebSocket ||
        !response.shouldKeepAlive;
      response.shouldKeepAlive = !isLast;
      // RFC 9110 §8.6: these have no body, whose length this would be.
      const length = [204, 304].includes(status) ? {} : { "content-length": String(octets.length) };
      response.writeHead(status, { ...headers, ...length });
      response.end(octets);
      // node:http closes no response after it has given its connection away.
      await new Promise((resolve) => response.on(isWebSocket ? "finish" : "close", resolve));
      if (isLast) connection.stream.destroy();
    });
  }

  /** Sends a stream no faster than the client reads it; the connection carries nothing after it. */
  async #stream(
    connection: Connection,
    { method }: IncomingMessage,
    response: ServerResponse,
    { status, headers, body }: HttpResponse & { readonly body: TextStream },
  ): Promise<void> {
    response.shouldKeepAlive = false;
    response.writeHead(status, headers);
    connection.beginStream();
    let wake = (): void => {};
    response.on("drain", () => wake());
    response.on("close", () => {
      body.end();
      wake();
    });
    if (method === "HEAD") body.end();
    for await (const text of body) {
      if (response.destroyed) break;
      if (response.write(text)) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      // A client that fell too far behind reads no end either.
      await Promise.race([promise, body.ended]);
    }
    response.end();
    connection.stream.destroy();
  }

  async #answer(
    message: IncomingMessage,
    connection: Connection,
    received: number,
    isWebSocket: boolean,
  ): Promise<HttpResponse> {
    try {
      const { method = "" } = message;
      const headers = readHeaders(message);
      const url = readTarget(message.url ?? "");
      const { isLocal, peer } = connection;
      const body = readBody(message, () => connection.received - received);
      const request = { method, url, headers, isLocal, peer, body, isWebSocket };
      const response = await this.#handler(request);
      if (response.arrive === undefined || this.#crypto === undefined) return response;
      const accepted = acceptWebSocket(headers, this.#crypto);
      const open = [...this.#connections.values()].filter(({ isWebSocket }) => isWebSocket);
      if (open.length >= MAX_WEBSOCKETS) throw new HttpError(503, "Too many WebSockets are open");
      return { ...response, headers: { ...response.headers, ...accepted } };
    } catch (error) {
      const { status, message, headers } = toHttpError(error);
      return jsonResponse(status, { error: message }, headers);
    }
  }
}
