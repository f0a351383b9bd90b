/** The served time, health and metrics over HTTP, for programs, scripts and web pages. */
import { formatAddress } from "../../protocols/endpoint.ts";
import { addressFamily, firstOf, resolveHost } from "../../system/address.ts";
import { formatMetrics, type MetricFormat, metricTypes } from "../../text/exposition.ts";
import { quote } from "../../text/json.ts";
import { escapeLine } from "../../text/printable.ts";
import { suggest } from "../../text/suggest.ts";
import type { ServedTime } from "../../clock/served_time.ts";
import { checkToken, type HttpAddress, parseHttp } from "./address.ts";
import type { ControlledServer } from "./call.ts";
import { requireToken } from "./gate.ts";
import { formatHealth, readiness } from "./health.ts";
import { HttpError } from "./http_error.ts";
import { HttpListener, type HttpRequest, type HttpResponse } from "./listener.ts";
import { serverMetrics } from "./metrics.ts";
import type { HttpPart } from "./options.ts";
import { textParameters, timeJson, timeParameters, timeText } from "./time_routes.ts";

export interface WebOptions {
  /** The address to listen on, such as `127.0.0.1:8880`. */
  readonly address: string;
  /** The bearer token for all but the time. */
  readonly token?: string | undefined;
  /** The names by which it is asked, beside addresses and `localhost`. */
  readonly names?: readonly string[] | undefined;
  readonly parts?: readonly HttpPart[] | undefined;
}

interface WebCall {
  readonly request: HttpRequest;
  readonly subject: ControlledServer;
  readonly parameters: URLSearchParams;
}

interface WebRoute {
  readonly part: HttpPart;
  /** Whether it is for all who reach it; otherwise for those who may look at the server. */
  readonly isPublic: boolean;
  readonly parameters: readonly string[];
  readonly respond: (call: WebCall) => HttpResponse;
}

const text = (status: number, body: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body,
});

const alive: WebRoute = {
  part: "health",
  isPublic: true,
  parameters: ["verbose"],
  respond: () => text(200, "ok\n"),
};

const routes: Readonly<Record<string, WebRoute>> = {
  "/time": {
    part: "time",
    isPublic: true,
    parameters: timeParameters,
    respond({ request, subject, parameters }): HttpResponse {
      const [time, zone] = [clockOf(subject, parameters), parameters.get("zone") ?? undefined];
      const accept = request.headers.get("accept") ?? "";
      if (isPreferred(accept, "text/plain", "application/json")) {
        return text(200, timeText(time, "iso", zone));
      }
      const headers = { "content-type": "application/json", "vary": "accept" };
      return { status: 200, headers, body: timeJson(time, zone) };
    },
  },
  "/time.txt": {
    part: "time",
    isPublic: true,
    parameters: textParameters,
    respond({ subject, parameters }): HttpResponse {
      const [format, zone] = ["format", "zone"].map((name) => parameters.get(name) ?? undefined);
      return text(200, timeText(clockOf(subject, parameters), format, zone));
    },
  },
  "/healthz": alive,
  "/livez": alive,
  "/readyz": {
    ...alive,
    respond({ subject, parameters }): HttpResponse {
      const { status, text: body } = formatHealth(readiness(subject), parameters.has("verbose"));
      return text(status, body);
    },
  },
  "/metrics": {
    part: "metrics",
    isPublic: false,
    parameters: [],
    respond({ request, subject }): HttpResponse {
      const accept = request.headers.get("accept") ?? "";
      const isOpen = isPreferred(accept, "application/openmetrics-text", "text/plain");
      const format: MetricFormat = isOpen ? "openmetrics" : "text";
      const metrics = serverMetrics.map((metric) => [metric, metric.samples(subject)] as const);
      const headers = { "content-type": metricTypes[format], "vary": "accept" };
      return { status: 200, headers, body: formatMetrics(metrics, format) };
    },
  },
};

/** What web pages of other sites may read. */
const PUBLIC_HEADERS = {
  "access-control-allow-origin": "*",
  "timing-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
};

const MAX_SHOWN = 100;

export class Web {
  readonly #address: HttpAddress;
  readonly #token: string | undefined;
  readonly #names: readonly string[];
  readonly #parts: readonly HttpPart[];
  #listener: HttpListener | undefined;
  #isStopping = false;

  /**
   * Checks the options; nothing is opened yet.
   *
   * @throws {SyntaxError} If the address or the token cannot be read
   */
  constructor({ address, token, names = [], parts = ["time", "health", "metrics"] }: WebOptions) {
    this.#address = parseHttp(address);
    this.#token = token === undefined ? undefined : checkToken(token);
    this.#names = names;
    this.#parts = parts;
  }

  /** Its URL, such as `http://127.0.0.1:8880`. */
  get url(): string {
    return `http://${formatAddress(this.#listener?.address ?? this.#address)}`;
  }

  /** Whether a path is one of its own. */
  has(path: string): boolean {
    return Object.hasOwn(routes, path) && this.#parts.includes((routes[path] as WebRoute).part);
  }

  /**
   * Starts to listen.
   *
   * @throws {Error} If the host is unknown, or the address cannot be listened on
   */
  async start(subject: ControlledServer): Promise<void> {
    const { hostname, port } = this.#address;
    const isInUse = (error: unknown): boolean =>
      (error as Error).cause instanceof Deno.errors.AddrInUse;
    await firstOf(await resolveHost(hostname), async (address) => {
      if (this.#isStopping) return;
      this.#listener = new HttpListener({
        name: "HTTP interface",
        handler: (request) => Promise.resolve(this.answer(request, subject)),
      });
      await this.#listener.start({ hostname: address, port });
    }, isInUse);
  }

  async shutdown(): Promise<void> {
    this.#isStopping = true;
    await this.#listener?.shutdown();
  }

  /** Answers every request, whatever is wrong with it. */
  async answer(request: HttpRequest, subject: ControlledServer): Promise<HttpResponse> {
    const { status, headers, body } = await this.#respond(request, subject);
    return {
      status,
      headers: {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        // That of the served time: some clients set their clock by it.
        "date": new Date(subject.time.now().epochMilliseconds).toUTCString(),
        ...headers,
      },
      body,
    };
  }

  async #respond(request: HttpRequest, subject: ControlledServer): Promise<HttpResponse> {
    try {
      const { pathname, searchParams: parameters } = request.url;
      const route = this.#find(pathname);
      if (!["GET", "HEAD"].includes(request.method)) {
        throw new HttpError(405, `Cannot ${request.method} ${pathname}: expected GET, HEAD`, {
          allow: "GET, HEAD",
        });
      }
      this.#admit(request, subject);
      if (!route.isPublic) await this.#authorize(request);
      for (const name of parameters.keys()) {
        if (route.parameters.includes(name)) continue;
        throw new HttpError(
          400,
          `Unknown parameter ${quote(name)}, ${suggest(name, route.parameters)}`,
        );
      }
      const { status, headers, body } = route.respond({ request, subject, parameters });
      return { status, headers: { ...headers, ...route.isPublic && PUBLIC_HEADERS }, body };
    } catch (error) {
      const isKnown = error instanceof HttpError;
      const { status, body } = text(
        isKnown ? error.status : 500,
        `${(error as Error).message}\n`,
      );
      return {
        status,
        headers: { "content-type": "text/plain; charset=utf-8", ...isKnown && error.headers },
        body,
      };
    }
  }

  #find(path: string): WebRoute {
    if (this.has(path)) return routes[path] as WebRoute;
    const there = Object.keys(routes).filter((each) => this.has(each));
    throw new HttpError(404, `There is no ${escapeLine(path, MAX_SHOWN)}: ${suggest(path, there)}`);
  }

  /** Refuses clients that get no time over UDP either. */
  #admit({ peer, isLocal }: HttpRequest, { guard }: ControlledServer): void {
    if (isLocal || guard.isAllowed(peer)) return;
    throw new HttpError(403, "This server does not answer your address");
  }

  /** Keeps web pages and names of strangers away from what is not the time. */
  async #authorize({ url, headers }: HttpRequest): Promise<void> {
    const site = headers.get("sec-fetch-site") ?? "none";
    if (headers.has("origin") || !["none", "same-origin"].includes(site)) {
      throw new HttpError(403, "Pages of other sites must not look at this server");
    }
    for (const host of [url, URL.parse(`http://${headers.get("host") ?? ""}/`)]) {
      const name = host?.hostname.replace(/^\[|\]$/g, "") ?? "";
      const isKnown = name === "localhost" || addressFamily(name) !== undefined ||
        this.#names.includes(name);
      // By DNS rebinding, a page can resolve a name of its own to this address.
      if (isKnown) continue;
      throw new HttpError(421, `${quote(name)} is no name of this server: see --http-name`);
    }
    if (this.#token !== undefined) await requireToken(headers, this.#token);
  }
}

/** @throws {HttpError} If no listener has this URL */
function clockOf({ time, listeners }: ControlledServer, parameters: URLSearchParams): ServedTime {
  const url = parameters.get("listener");
  if (url === null) return time;
  const found = listeners.find((listener) => listener.url === url);
  if (found !== undefined) return found.time;
  throw new HttpError(
    404,
    `There is no listener ${quote(url)}: ${suggest(url, listeners.map(({ url }) => url))}`,
  );
}

/** Whether a header Accept (RFC 9110 §12.5.1) names a type, and with no less weight than another one. */
function isPreferred(accept: string, type: string, other: string): boolean {
  const weights = new Map(
    accept.split(",").map((range) => {
      const [name = "", ...parameters] = range.trim().toLowerCase().split(/\s*;\s*/);
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
    }),
  );
  const wanted = weights.get(type) ?? 0;
  return wanted > 0 && wanted >= (weights.get(other) ?? 0);
}
