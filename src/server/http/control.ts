/** The control interface: HTTP and JSON, for programs of this machine. */
import { CONTROL_SCHEMA } from "../../client/control_api.ts";
import { formatAddress } from "../../protocols/endpoint.ts";
import { firstOf, isLoopback } from "../../system/address.ts";
import { settleWithin, systemTimers } from "../../system/time.ts";
import type { RequestLog } from "../handler.ts";
import type { ServerLog } from "../log/log.ts";
import { checkToken, type ControlAddress, parseControl, resolveControl } from "./address.ts";
import { readJson, requireNothing } from "./body.ts";
import { RecentClients } from "./clients.ts";
import { authorize } from "./gate.ts";
import { HttpError } from "./http_error.ts";
import { type ControlledServer, findRoute } from "./routes.ts";

/** The time that a shutdown waits for a response under way. */
const GRACE_MS = 200;

export interface ControlOptions {
  /** The address to listen on, such as `127.0.0.1:8890`. */
  readonly address: string;
  readonly token?: string | undefined;
  /** The log of changes and requests. */
  readonly log?: ServerLog | undefined;
}

export class Control {
  readonly clients: RecentClients = new RecentClients();
  readonly #address: ControlAddress;
  readonly #token: string | undefined;
  readonly #log: ServerLog | undefined;
  readonly #stopping = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;

  /**
   * Checks the options; nothing is opened yet.
   *
   * @throws {SyntaxError} If the address or the token cannot be read
   */
  constructor({ address, token, log }: ControlOptions) {
    this.#address = parseControl(address);
    this.#token = token === undefined ? undefined : checkToken(token);
    this.#log = log;
  }

  /** Its URL, such as `http://127.0.0.1:8890`. */
  get url(): string {
    return `http://${formatAddress(this.#server?.addr ?? this.#address)}`;
  }

  /** The log of requests, which also feeds the list of clients. */
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
   * Starts to listen.
   *
   * @throws {Error} If the host is unknown, or the address cannot be listened on
   * @throws {RangeError} If other machines could reach it without a token
   */
  async start(subject: ControlledServer): Promise<void> {
    const addresses = await resolveControl(this.#address, this.#token);
    if (this.#stopping.signal.aborted) return;
    this.#server = await firstOf(addresses, (hostname) => {
      const isLocal = isLoopback(hostname);
      const address = { ...this.#address, hostname };
      return listen(address, (request) => this.#answer(request, subject, isLocal));
    }, (error) => (error as Error).cause instanceof Deno.errors.AddrInUse);
  }

  async shutdown(): Promise<void> {
    this.#stopping.abort();
    if (this.#server) await settleWithin(systemTimers, GRACE_MS, this.#server.shutdown());
  }

  async #answer(request: Request, subject: ControlledServer, isLocal: boolean): Promise<Response> {
    try {
      await authorize(request, { isLocal, token: this.#token });
      return respond(200, { schema: CONTROL_SCHEMA, ...await this.#do(request, subject) });
    } catch (error) {
      const body = { error: (error as Error).message };
      if (error instanceof HttpError) return respond(error.status, body, error.headers);
      const isMistake = error instanceof SyntaxError || error instanceof RangeError;
      return respond(isMistake ? 400 : 500, body);
    }
  }

  async #do(request: Request, subject: ControlledServer): Promise<object> {
    const url = URL.parse(request.url);
    if (url === null) throw new HttpError(400, "Cannot read the URL");
    // Deno leaves out the body of a response to HEAD (RFC 9110 §9.3.2).
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = findRoute(url.pathname, method);
    for (const name of url.searchParams.keys()) {
      if (name !== "listener") {
        throw new HttpError(400, `Unknown parameter "${name}": expected listener`);
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
    if (method !== "GET") {
      const where = listener === undefined ? "" : ` of ${listener}`;
      const what = json === undefined ? "" : ` ${JSON.stringify(json)}`;
      this.#log?.changed(`${method} ${url.pathname}${where}${what}`);
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
    throw new Error(
      `Cannot open the control interface on tcp ${formatAddress(address)}: ${reason}`,
      { cause },
    );
  }
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
