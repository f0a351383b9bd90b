/** The control interface: HTTP and JSON, for programs of this machine. */
import { CONTROL_SCHEMA } from "../../../client/control_api.ts";
import { formatAddress } from "../../../protocols/endpoint.ts";
import { formatJson } from "../../../text/json.ts";
import type { ServerLog } from "../../log/log.ts";
import type { Scenario } from "../../scenarios/scenarios.ts";
import {
  checkToken,
  type HttpAddress,
  parseControl,
  resolveControl,
} from "../../../http/address.ts";
import { readJson, requireNothing } from "../body.ts";
import { authorize, TokenGuesses } from "../../../http/gate.ts";
import { checkParameters } from "../../../http/read_request.ts";
import { HttpListener } from "../../../http/listener.ts";
import type { Web } from "../web/web.ts";
import type { ControlledServer } from "../call.ts";
import { findRoute, isPath, parametersOf } from "./routes.ts";
import {
  HttpError,
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
  toHttpError,
} from "../../../http/message.ts";

interface ControlOptions {
  /** The address to listen on, such as `127.0.0.1:8890`. */
  readonly address: string;
  readonly token?: string | undefined;
  /** Whether it refuses every change. */
  readonly isReadOnly?: boolean | undefined;
  /** The log of changes. */
  readonly log?: ServerLog | undefined;
  /** What is served on the same address; its paths are its own. */
  readonly web?: Web | undefined;
}

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

export class Control {
  readonly #address: HttpAddress;
  readonly #token: string | undefined;
  readonly #isReadOnly: boolean;
  readonly #log: ServerLog | undefined;
  readonly #web: Web | undefined;
  readonly #guesses: TokenGuesses;
  #listener: HttpListener | undefined;
  #isStopping = false;

  /**
   * Checks the options; nothing is opened yet.
   *
   * @throws {SyntaxError} If the address or the token cannot be read
   */
  constructor({ address, token, isReadOnly = false, log, web }: ControlOptions) {
    this.#web = web;
    this.#isReadOnly = isReadOnly;
    this.#address = parseControl(address);
    this.#token = token === undefined ? undefined : checkToken(token);
    this.#guesses = web?.guesses ?? new TokenGuesses();
    if (token !== undefined) this.#guesses.add(token);
    this.#log = log;
  }

  /** Its URL, such as `http://127.0.0.1:8890`. */
  get url(): string {
    return `http://${formatAddress(this.#listener?.address ?? this.#address)}`;
  }

  /**
   * Starts to listen.
   *
   * @throws {Error} If the host is unknown, or the address cannot be listened on
   * @throws {RangeError} If other machines could reach it without a token
   */
  async start(subject: ControlledServer): Promise<void> {
    const addresses = await resolveControl(this.#address, this.#token);
    if (this.#isStopping) return;
    this.#web?.begin(subject, () => this.#listener?.connections);
    this.#listener = new HttpListener({
      name: "control interface",
      webSocketPath: this.#web?.webSocketPath,
      handler: (request) => this.answer(request, subject),
    });
    await this.#listener.startOnFirst(addresses, this.#address.port);
  }

  async shutdown(): Promise<void> {
    this.#isStopping = true;
    await this.#web?.shutdown();
    await this.#listener?.shutdown();
  }

  /** Answers every request, whatever is wrong with it. */
  async answer(request: HttpRequest, subject: ControlledServer): Promise<HttpResponse> {
    if (this.#web?.has(request.url.pathname) && !await this.#isForControl(request)) {
      return this.#web.answer(request, subject);
    }
    const response = await this.#respond(request, subject);
    this.#web?.count(request, response.status);
    return response;
  }

  async #respond(request: HttpRequest, subject: ControlledServer): Promise<HttpResponse> {
    try {
      await authorize(request, this.#token, this.#guesses);
      const answer = await this.#do(request, subject);
      return jsonResponse(200, { schema: CONTROL_SCHEMA, ...answer }, HEADERS);
    } catch (error) {
      const { status, message, headers } = toHttpError(error);
      return jsonResponse(status, { error: message }, { ...HEADERS, ...headers });
    }
  }

  /** Whether a request for a path of both interfaces comes from a program that may control the server. */
  async #isForControl(request: HttpRequest): Promise<boolean> {
    if (!isPath(request.url.pathname) || request.headers.has("sec-fetch-site")) return false;
    return await authorize(request, this.#token, this.#guesses).then(() => true, () => false);
  }

  async #do(request: HttpRequest, subject: ControlledServer): Promise<object> {
    const { method, url } = request;
    const route = findRoute(request, this.#web?.shownPaths);
    const isChange = method !== "GET" && method !== "HEAD";
    if (this.#isReadOnly && isChange) {
      throw new HttpError(403, "This control interface changes nothing: it is read-only");
    }
    checkParameters(url, parametersOf(url.pathname));
    const listener = url.searchParams.get("listener") ?? undefined;
    let json: unknown;
    const answer = await route({
      subject,
      listener,
      parameters: url.searchParams,
      json: async () => json = await readJson(request),
      nothing: () => requireNothing(request),
    });
    if (isChange) {
      const where = listener === undefined ? "" : ` of ${listener}`;
      const what = json === undefined ? "" : ` ${formatJson(withoutTexts(json))}`;
      this.#log?.changed(`${method} ${url.pathname}${where}${what}`);
    }
    return answer;
  }
}

/** The part of a scenario that has an effect. */
function withoutTexts(json: unknown): unknown {
  if (typeof json !== "object" || Array.isArray(json)) return json;
  const { description: _text, clients: _reactions, ...rest } = json as Partial<Scenario>;
  return rest;
}
