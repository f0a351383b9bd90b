/** HTTP over real sockets, on both ends: the interfaces of a server given any octets, and a client given any answer. */
import { control } from "../../src/client/control.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { serve } from "../../src/server/serve.ts";
import type { Server } from "../../src/server/serve_options.ts";
import { within } from "../support/wait.ts";
import type { Finding, FuzzOptions } from "./fuzz.ts";
import { seedOf } from "./fuzz.ts";
import { judgeError } from "./inputs/input_target.ts";
import { drawText } from "./inputs/texts.ts";
import { Random } from "./random.ts";
import type { Problem } from "./target.ts";

/** Any wait that is longer is one without end. */
const LIMIT_SECONDS = 20;

/** The number that are tried side by side. */
const BATCH = 16;

const body = '{"rate": 2}';
const head = (line: string, ...more: string[]): string =>
  [line, "Host: localhost", "Content-Type: application/json", ...more, "", ""].join("\r\n");

const requests: readonly string[] = [
  head("GET /state HTTP/1.1"),
  head("HEAD /state HTTP/1.1", "Connection: close"),
  `${head("PATCH /clock HTTP/1.1", `Content-Length: ${body.length}`)}${body}`,
  `${head("PATCH /clock HTTP/1.1", "Transfer-Encoding: chunked")}b\r\n${body}\r\n0\r\n\r\n`,
  `${head("POST /reset HTTP/1.1", "Content-Length: 0")}${head("GET /clients HTTP/1.1")}`,
  head("GET /state HTTP/1.0"),
  head("OPTIONS * HTTP/1.1"),
  head("CONNECT localhost:80 HTTP/1.1"),
  head(
    "GET http://127.0.0.1/state?listener=x HTTP/1.1",
    "Upgrade: websocket",
    "Connection: upgrade",
  ),
  `${head("PUT /faults HTTP/1.1", "Expect: 100-continue", "Content-Length: 2")}{}`,
  head("GET /state HTTP/1.1", `X: ${"x".repeat(17_000)}`),
];

const call = '{"jsonrpc":"2.0","id":1,"method":"time","params":{"t1":1}}';

const webRequests: readonly string[] = [
  head("GET /time?zone=Asia/Tokyo&listener=ntp://x HTTP/1.1", "Accept: text/plain, */*;q=0.1"),
  head("GET /time.txt?format=asctime HTTP/1.1", "Origin: https://a.example"),
  `${head("POST /timesync HTTP/1.1", `Content-Length: ${call.length}`)}${call}`,
  head("OPTIONS /timesync HTTP/1.1", "Access-Control-Request-Method: POST"),
  `${
    head(
      "GET /timesync HTTP/1.1",
      "Upgrade: websocket",
      "Connection: upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
  }\x81\x05{"a":`,
  head("GET /metrics HTTP/1.1", "Accept: application/openmetrics-text", "Accept-Encoding: gzip"),
  head("GET /events HTTP/1.1", "Last-Event-ID: 7"),
  head("GET /history?span=4h HTTP/1.1", "Cookie: timesrv-80=x; timesrv-8880=y"),
  head("GET /clients?sort=rate&limit=3&skip=1 HTTP/1.1", "Sec-Fetch-Site: same-origin"),
  `${
    head("POST /session HTTP/1.1", "Origin: http://localhost", "Content-Length: 22")
  }token=0123456789abcdef`,
  head("DELETE /session HTTP/1.1", "Origin: http://localhost", "Cookie: timesrv-80=x"),
  head("GET /readyz?verbose HTTP/1.1"),
  head("HEAD / HTTP/1.1"),
];

const answer = JSON.stringify({ schema: 1, faults: {} });
const answerHead = (line: string, ...more: string[]): string =>
  [line, "Content-Type: application/json", ...more, "", ""].join("\r\n");

const answers: readonly string[] = [
  `${answerHead("HTTP/1.1 200 OK", `Content-Length: ${answer.length}`)}${answer}`,
  `${answerHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}17\r\n${answer}\r\n0\r\n\r\n`,
  `${answerHead("HTTP/1.0 200 OK")}${answer}`,
  `${answerHead("HTTP/1.1 400 Bad Request", "Content-Length: 16")}{"error": "bad"}`,
  `${answerHead("HTTP/1.1 100 Continue")}${
    answerHead("HTTP/1.1 403 Forbidden", "Content-Length: 2")
  }{}`,
  answerHead("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade"),
  answerHead("HTTP/1.1 302 Found", "Location: http://127.0.0.1:1/", "Content-Length: 0"),
  answerHead("HTTP/1.1 204 No Content"),
  "SSH-2.0-OpenSSH_9.9\r\n",
  "",
];

/** As `fuzz()` of a target without a socket; a batch goes side by side, and a finding names its text. */
abstract class SocketTarget implements AsyncDisposable {
  abstract readonly name: string;
  abstract readonly seeds: readonly string[];

  abstract judge(text: string): Promise<Problem | undefined>;
  abstract [Symbol.asyncDispose](): Promise<void>;

  async fuzz(
    { seed, from, to, isOver = (): boolean => false }: FuzzOptions,
  ): Promise<{ next: number; finding?: Finding }> {
    const random = new Random(0);
    const own = seedOf(this, seed);
    for (let index = from; index < to; index += BATCH) {
      if (index > from && isOver()) return { next: index };
      const texts = Array.from({ length: Math.min(BATCH, to - index) }, (_, i) => {
        random.reseed(own, index + i);
        return drawText(random, this.seeds);
      });
      const problems = await Promise.all(texts.map((text) => this.judge(text)));
      const at = problems.findIndex((problem) => problem !== undefined);
      const problem = problems[at];
      if (problem === undefined) continue;
      const text = texts[at] as string;
      const finding = { target: this.name, seed, index: index + at, problem, text };
      return { next: index + at + 1, finding };
    }
    return { next: to };
  }
}

/** An interface of a server, given any octets: it answers by HTTP or not at all, and goes on answering. */
export class HttpServerTarget extends SocketTarget {
  readonly name: string;
  readonly seeds: readonly string[];
  readonly #server: Server;

  private constructor(name: string, seeds: readonly string[], server: Server) {
    super();
    this.name = name;
    this.seeds = seeds;
    this.#server = server;
  }

  /** Starts a server with a control interface. */
  static async start(): Promise<HttpServerTarget> {
    const options = { control: "127.0.0.1:0", status: { source: "fixed" } } as const;
    const server = await serve("ntp://127.0.0.1:0", options);
    return new HttpServerTarget("http-server", requests, server);
  }

  /** Starts a server with a status page, metrics and time over HTTP. */
  static async startWeb(): Promise<HttpServerTarget> {
    const options = { http: "127.0.0.1:0", status: { source: "fixed" } } as const;
    const server = await serve("ntp://127.0.0.1:0", options);
    return new HttpServerTarget("web-server", webRequests, server);
  }

  async judge(text: string): Promise<Problem | undefined> {
    const reply = await this.#send(text).catch((error) => error as Error);
    if (reply instanceof Error) return { oracle: "ends every connection", detail: String(reply) };
    const status = /^HTTP\/1\.[01] (\d{3}) /.exec(reply)?.[1];
    if (reply !== "" && status === undefined) return { oracle: "answers by HTTP", detail: reply };
    if (/^5(?!01|05)/.test(status ?? "")) return { oracle: "knows its errors", detail: reply };
    const probe = await this.#send(head("GET /clients HTTP/1.1", "Connection: close"))
      .catch(String);
    return probe.startsWith("HTTP/1.1 200 ")
      ? undefined
      : { oracle: "goes on answering", detail: probe };
  }

  /** Sends a text and no more, and returns what comes until the connection is closed. */
  async #send(text: string): Promise<string> {
    const { hostname, port } = new URL((this.#server.control ?? this.#server.http)?.url ?? "");
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const exchange = async (): Promise<string> => {
      let rest = new TextEncoder().encode(text);
      try {
        while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
        await connection.closeWrite();
      } catch {
        // The server has refused it before its end.
      }
      return await new Response(connection.readable).text().catch(() => "");
    };
    return await within(LIMIT_SECONDS, exchange());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** The client of control interfaces, given any octets for an answer. */
export class HttpClientTarget extends SocketTarget {
  readonly name = "http-client";
  readonly seeds = answers;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** The answers to give, by the token of their request. */
  readonly #answers = new Map<string, string>();
  readonly #accepting: Promise<void>;
  #asked = 0;

  constructor() {
    super();
    this.#accepting = this.#accept();
  }

  async judge(text: string): Promise<Problem | undefined> {
    const token = `token-${this.#asked++}`.padEnd(16, "-");
    this.#answers.set(token, text);
    const { port } = this.#listener.addr as Deno.NetAddr;
    const url = `http://127.0.0.1:${port}`;
    try {
      await within(LIMIT_SECONDS, control("faults", { url, token, body: {}, timeout: "5s" }));
    } catch (error) {
      if (error instanceof QueryError && error.reason === "timeout") {
        return { oracle: "knows the end of an answer", detail: error.message };
      }
      return judgeError(error, [Error], text);
    } finally {
      this.#answers.delete(token);
    }
    return undefined;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      void this.#answer(connection).catch(() => {}).finally(() => {
        try {
          connection.close();
        } catch {
          // It is closed already.
        }
      });
    }
  }

  async #answer(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(4096);
    let text = "";
    while (!text.includes("\r\n\r\n")) {
      const length = await connection.read(buffer);
      if (length === null) return;
      text += new TextDecoder().decode(buffer.subarray(0, length));
    }
    const token = /bearer (\S+)/i.exec(text)?.[1] ?? "";
    let rest = new TextEncoder().encode(this.#answers.get(token) ?? "");
    while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
    await connection.closeWrite();
    // Octets that are not read when a connection is closed have it reset, and the answer with it.
    while (await connection.read(buffer) !== null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting.catch(() => {});
  }
}
