/** The served time, health and metrics over HTTP, for programs, scripts and web pages. */
import { formatAddress } from "../../../protocols/endpoint.ts";
import { resolveHost } from "../../../system/address.ts";
import { checkToken, type HttpAddress, parseHttp } from "../../../http/address.ts";
import type { ControlledServer } from "../call.ts";
import { checkParameters, findMethod, refusePath } from "../../../http/read_request.ts";
import { HttpListener } from "../../../http/listener.ts";
import type { TokenGuesses } from "../../../http/gate.ts";
import { type HttpPart, httpParts } from "../options.ts";
import { isPageFile, moduleRoutes, pageRoutes } from "./files.ts";
import { healthRoutes } from "./health.ts";
import { RequestCounts, type WebFigures } from "./metrics/metric.ts";
import { metricsRoutes } from "./metrics/metrics.ts";
import type { WebRoute, WebRoutes } from "./route.ts";
import { Dashboard } from "./status/dashboard.ts";
import { statusRoutes } from "./status/routes.ts";
import { sessionRoutes, tokenForm } from "./session.ts";
import { RequestLimiter } from "./request_limiter.ts";
import { WebGate } from "./web_gate.ts";
import { timeRoutes } from "./time.ts";
import { timesyncRoutes, WEBSOCKET_PATH } from "./timesync.ts";
import { worldTimeRoutes } from "./world_time.ts";
import {
  HttpError,
  type HttpRequest,
  type HttpResponse,
  textResponse,
  toHttpError,
} from "../../../http/message.ts";

interface WebOptions {
  /** The address to listen on, such as `127.0.0.1:8880`. */
  readonly address: string;
  /** The bearer token for all but the time. */
  readonly token?: string | undefined;
  /** Its names in URLs, beside addresses and `localhost`. */
  readonly names?: readonly string[] | undefined;
  readonly parts?: readonly HttpPart[] | undefined;
}

const routes: WebRoutes = {
  ...timeRoutes,
  ...timesyncRoutes,
  ...moduleRoutes,
  ...worldTimeRoutes,
  ...healthRoutes,
  ...metricsRoutes,
  ...statusRoutes,
  ...sessionRoutes,
  ...pageRoutes,
};

/** What web pages of other sites may read. */
const PUBLIC_HEADERS = {
  "access-control-allow-origin": "*",
  "timing-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "access-control-expose-headers": "retry-after",
};

/** The response to a preflight request, which browsers send before JSON of another site (Fetch §4.8). */
const PREFLIGHT: HttpResponse = {
  status: 204,
  headers: {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "86400",
  },
  body: "",
};

const NO_CONNECTIONS = { http: 0, events: 0, websocket: 0 };

/** The label of the files of the page. */
const ASSETS = "assets";

/** The years 0 and 9999 have four digits, in seconds since 1970. */
const MIN_DATE = Date.UTC(-1, 12) / 1000;
const MAX_DATE = Date.UTC(10_000, 0) / 1000 - 1;

export class Web {
  /** The path where its connections become WebSockets. */
  readonly webSocketPath = WEBSOCKET_PATH;
  readonly #address: HttpAddress;
  readonly #hasToken: boolean;
  readonly #gate: WebGate;
  readonly #limiter = new RequestLimiter();
  readonly #parts: readonly HttpPart[];
  readonly #requests: RequestCounts;
  #connections: () => HttpListener["connections"] | undefined = () => undefined;
  #listener: HttpListener | undefined;
  #dashboard: Dashboard | undefined;
  #isStopping = false;

  /**
   * Checks the options; nothing is opened yet.
   *
   * @throws {SyntaxError} If the address or the token cannot be read
   */
  constructor({ address, token, names = [], parts = httpParts }: WebOptions) {
    this.#address = parseHttp(address);
    this.#hasToken = token !== undefined;
    this.#gate = new WebGate({ token: token === undefined ? undefined : checkToken(token), names });
    this.#parts = parts;
    this.#requests = new RequestCounts(this.#paths().map(labelOf));
  }

  /** Its URL, such as `http://127.0.0.1:8880`. */
  get url(): string {
    return `http://${formatAddress(this.#listener?.address ?? this.#address)}`;
  }

  /** Whether a path is one of its own. */
  has(path: string): boolean {
    const route = findRoute(path);
    return route !== undefined && this.#parts.includes(route.part);
  }

  /**
   * Begins to watch the server, for metrics and the status page.
   *
   * @param connections Counts the connections of the listener of its requests
   */
  begin(
    subject: ControlledServer,
    connections: () => HttpListener["connections"] | undefined,
  ): void {
    this.#connections = connections;
    if (this.#parts.includes("page")) this.#dashboard = new Dashboard(subject);
  }

  /**
   * Starts to listen.
   *
   * @throws {Error} If the host is unknown, or the address cannot be listened on
   */
  async start(subject: ControlledServer): Promise<void> {
    const { hostname, port } = this.#address;
    const addresses = await resolveHost(hostname);
    if (this.#isStopping) return;
    this.begin(subject, () => this.#listener?.connections);
    this.#listener = new HttpListener({
      name: "HTTP interface",
      webSocketPath: this.webSocketPath,
      handler: (request) => this.answer(request, subject),
    });
    await this.#listener.startOnFirst(addresses, port);
  }

  async shutdown(): Promise<void> {
    this.#isStopping = true;
    this.#dashboard?.[Symbol.dispose]();
    await this.#listener?.shutdown();
  }

  /** Answers every request, whatever is wrong with it. */
  async answer(request: HttpRequest, subject: ControlledServer): Promise<HttpResponse> {
    const response = await this.#respond(request, subject);
    this.count(request, response.status);
    return {
      ...response,
      headers: {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        // That of the served time: some clients set their clock by it.
        "date": formatDate(subject.time.look().time.seconds),
        ...response.headers,
      },
    };
  }

  /** Counts a request of its listener. */
  count({ url: { pathname } }: HttpRequest, status: number): void {
    this.#requests.count(labelOf(pathname), status);
  }

  /** The guesses of tokens that it counts; another interface on its address counts with it. */
  get guesses(): TokenGuesses {
    return this.#gate.guesses;
  }

  get #figures(): WebFigures {
    return { requests: this.#requests, connections: this.#connections() ?? NO_CONNECTIONS };
  }

  async #respond(request: HttpRequest, subject: ControlledServer): Promise<HttpResponse> {
    const { pathname, searchParams: parameters } = request.url;
    const isPublic = this.has(pathname) && findRoute(pathname)?.isPublic;
    const common = isPublic ? PUBLIC_HEADERS : {};
    try {
      const admit = (): void => this.#admit(request, subject);
      admit();
      const route = this.#find(pathname);
      const isPreflight = route.isPublic && request.method === "OPTIONS";
      const respond = isPreflight
        ? () => PREFLIGHT
        : findMethod(route.methods, request, route.isPublic ? ["OPTIONS"] : []);
      const isOpen = route.isPublic || route.isForm;
      const mayLook = isOpen ? () => true : await this.#gate.authorize(request);
      checkParameters(request.url, route.parameters);
      const response = await respond({
        request,
        subject,
        parameters,
        figures: this.#figures,
        admit,
        isAdmitted: () => mayLook() && (request.isLocal || subject.guard.isAllowed(request.peer)),
        gate: this.#gate,
        dashboard: () => this.#dashboard as Dashboard,
        // Without a token every client in the network may look.
        seesAddresses: request.isLocal || this.#hasToken,
      });
      return { ...response, headers: { ...response.headers, ...common } };
    } catch (error) {
      const { status, message, headers } = toHttpError(error);
      if (status === 401 && pathname === "/") return await tokenForm();
      return textResponse(status, `${message}\n`, { ...headers, ...common });
    }
  }

  #paths(): string[] {
    return Object.keys(routes).filter((path) => this.has(path));
  }

  /** The paths that messages suggest. */
  get shownPaths(): readonly string[] {
    return this.#paths().filter((path) => !routes[path]?.isForm && labelOf(path) !== ASSETS);
  }

  #find(path: string): WebRoute {
    if (this.has(path)) return findRoute(path) as WebRoute;
    refusePath(path, this.shownPaths);
  }

  /** Refuses clients that get no time over UDP either, and those that send too many requests. */
  #admit({ peer, isLocal, url }: HttpRequest, { guard }: ControlledServer): void {
    if (!isLocal && !guard.isAllowed(peer)) {
      throw new HttpError(403, "This server does not answer your address");
    }
    const { limit } = guard;
    // On this machine the time alone is limited, and only if it is over UDP too.
    const isTime = this.has(url.pathname) && findRoute(url.pathname)?.part === "time";
    const isLimited = !isLocal || isTime && limit?.perSecond !== undefined;
    if (limit !== undefined && isLimited) this.#limiter.take(peer, limit);
  }
}

/** The label of a path in metrics: all files of the page have the same. */
function labelOf(path: string): string {
  const key = findKey(path) ?? path;
  return isPageFile(key) ? ASSETS : key;
}

/** The key of a path in the table: itself, or one with a slash at its end, which has all paths below it. */
function findKey(path: string): string | undefined {
  if (Object.hasOwn(routes, path)) return path;
  return Object.keys(routes).find((key) => /.\/$/.test(key) && path.startsWith(key));
}

function findRoute(path: string): WebRoute | undefined {
  const key = findKey(path);
  return key === undefined ? undefined : routes[key];
}

/** Formats the header Date (RFC 9110 §5.6.7); beyond the years that it can have, the first or last of these. */
function formatDate(seconds: number): string {
  return new Date(1000 * Math.min(Math.max(seconds, MIN_DATE), MAX_DATE)).toUTCString();
}
