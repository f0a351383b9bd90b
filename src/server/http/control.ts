/** The control interface: HTTP and JSON, for the programs of this machine. */
import { formatAddress } from "../../protocols/endpoint.ts";
import { isLoopback } from "../../system/address.ts";
import type { RequestLog } from "../handler.ts";
import type { ServerLog } from "../log/log.ts";
import { checkToken, type ControlAddress, parseControl, resolveControl } from "./address.ts";
import { readJson, requireJson, requireNothing } from "./body.ts";
import { RecentClients } from "./clients.ts";
import { judge } from "./gate.ts";
import { Refused } from "./http_error.ts";
import { findRoute, type Subject } from "./routes.ts";

/** Of docs/timecli.schema.json; a key that is renamed, removed or read otherwise makes it another. */
const SCHEMA = 1;

/** How long a shutdown waits for an answer under way. */
const GRACE_MS = 200;

/** What a {@linkcode Control} is made of. */
export interface ControlOptions {
  /** Where to listen, as `127.0.0.1:8890`. */
  readonly address: string;
  /** What a request has to know; nothing without it. */
  readonly token?: string | undefined;
  /** What the server says while it runs, changes included. */
  readonly log?: ServerLog | undefined;
}

/** A control interface. */
export class Control {
  /** Who asked lately. */
  readonly clients: RecentClients = new RecentClients();
  readonly #address: ControlAddress;
  readonly #token: string | undefined;
  readonly #log: ServerLog | undefined;
  readonly #stopping = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;

  /**
   * Opens none yet.
   *
   * @throws {SyntaxError} If the address or the token cannot be read
   */
  constructor({ address, token, log }: ControlOptions) {
    this.#address = parseControl(address);
    this.#token = token === undefined ? undefined : checkToken(token);
    this.#log = log;
  }

  /** Where it listens, as `http://127.0.0.1:8890`. */
  get url(): string {
    return `http://${formatAddress(this.#server?.addr ?? this.#address)}`;
  }

  /** A log that hears of requests, and the list of clients with it. */
  get requestLog(): RequestLog {
    const [log, clients] = [this.#log, this.clients];
    return {
      request(endpoint, source, octets): void {
        log?.request(endpoint, source, octets);
        clients.request(endpoint, source);
      },
      failed: (endpoint, operation, error) => log?.failed(endpoint, operation, error),
    };
  }

  /**
   * Listens.
   *
   * @param subject What is controlled
   * @throws {Error} If the host is unknown, or the address cannot be listened on
   * @throws {RangeError} If others than this machine could reach it without a token
   */
  async start(subject: Subject): Promise<void> {
    const address = await resolveControl(this.#address, this.#token);
    if (this.#stopping.signal.aborted) return;
    const isLocal = isLoopback(address.hostname);
    this.#server = listen(address, (request) => this.#answer(request, subject, isLocal));
  }

  /** Answers no more, and closes. */
  async shutdown(): Promise<void> {
    this.#stopping.abort();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, GRACE_MS);
    await Promise.race([this.#server?.shutdown(), late]);
    clearTimeout(timer);
  }

  async #answer(request: Request, subject: Subject, isLocal: boolean): Promise<Response> {
    try {
      await judge(request, { isLocal, token: this.#token });
      return respond(200, { schema: SCHEMA, ...await this.#do(request, subject) });
    } catch (error) {
      if (error instanceof Refused) return respond(error.status, said(error), error.headers);
      const isMistake = error instanceof SyntaxError || error instanceof RangeError;
      return respond(isMistake ? 400 : 500, said(error as Error));
    }
  }

  async #do(request: Request, subject: Subject): Promise<object> {
    const url = URL.parse(request.url);
    if (url === null) throw new Refused(400, "Cannot read the URL");
    const route = findRoute(url.pathname, request.method);
    if (request.method !== "GET") requireJson(request);
    for (const name of url.searchParams.keys()) {
      if (name !== "listener") {
        throw new Refused(400, `Unknown parameter "${name}": expected listener`);
      }
    }
    const listener = url.searchParams.get("listener") ?? undefined;
    let json: unknown;
    const answer = await route({
      subject,
      clients: this.clients,
      listener,
      json: async () => json = await readJson(request, this.#stopping.signal),
      nothing: () => requireNothing(request, this.#stopping.signal),
    });
    if (request.method !== "GET") {
      const where = listener === undefined ? "" : ` of ${listener}`;
      const what = json === undefined ? "" : ` ${JSON.stringify(json)}`;
      this.#log?.changed(`${request.method} ${url.pathname}${where}${what}`);
    }
    return answer;
  }
}

function listen(
  address: ControlAddress,
  answer: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ ...address, onListen: () => {} }, answer);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "the port is already in use"
      : (cause as Error).message;
    throw new Error(`Cannot be controlled on tcp ${formatAddress(address)}: ${reason}`, { cause });
  }
}

function said({ message }: Error): { error: string } {
  return { error: message };
}

function respond(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers },
  });
}
