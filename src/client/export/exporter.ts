/** Serves metrics of time servers over HTTP: of those that it keeps watched, and of any target on request. */
import { metricsResponse } from "../../http/negotiate.ts";
import { type HttpAddress, needsToken } from "../../http/address.ts";
import { requireOwnSite } from "../../http/gate.ts";
import { checkParameters, findMethod, refusePath } from "../../http/read_request.ts";
import { HttpListener } from "../../http/listener.ts";
import { parseOption } from "../../options/read.ts";
import { type Endpoint, formatAddress, parseTarget } from "../../protocols/endpoint.ts";
import { resolveHost } from "../../system/address.ts";
import { readSeconds, type TimeSpan } from "../../text/duration.ts";
import {
  formatMetrics,
  type Metric,
  type MetricFormat,
  type Sample,
} from "../../text/exposition.ts";
import type { Network as AddressNetwork } from "../../text/ip_words.ts";
import { systemNetwork } from "../network.ts";
import { watch, type WatchOptions } from "../watch.ts";
import { formatIndex } from "./index_page.ts";
import { measuredMetrics, probeMetrics, watchedMetrics } from "./metrics.ts";
import { MAX_PROBE_SECONDS, probeFields } from "./options.ts";
import { Probes } from "./probes.ts";
import { ServerRecord } from "./server_record.ts";
import {
  HttpError,
  type HttpRequest,
  type HttpResponse,
  textResponse,
  toHttpError,
} from "../../http/message.ts";

export interface ExporterOptions
  extends
    Pick<WatchOptions, "bind" | "family" | "keys" | "ntsCa" | "network" | "interval" | "count"> {
  /** The networks that `/probe` may query; all without it. */
  readonly targets?: readonly AddressNetwork[] | undefined;
  /** The host names in URLs of this exporter, beside addresses and `localhost`. */
  readonly names?: readonly string[] | undefined;
  /** Ends it when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** The part of the scrape's time limit that is left for the response. */
const SPARE_SECONDS = 0.5;

export class Exporter {
  readonly records: readonly ServerRecord[];
  readonly #options: ExporterOptions;
  readonly #urls: readonly string[];
  readonly #probes: Probes;
  readonly #nowMs: () => number;
  #listener: HttpListener | undefined;
  readonly #routes: Readonly<Record<string, Route>> = {
    "/": {
      parameters: [],
      respond: ({ headers }) => htmlResponse(formatIndex(this.#urls, headers.get("host") ?? "")),
    },
    "/metrics": { parameters: [], respond: (request) => metricsResponse(request, this.#watched()) },
    "/probe": {
      parameters: ["target", "samples", "timeout"],
      respond: (request) => this.#probe(request),
    },
    "/healthz": { parameters: [], respond: () => textResponse(200, "ok\n") },
  };

  /** @param urls The servers to watch, each once and with its port */
  constructor(urls: readonly string[], options: ExporterOptions) {
    this.#urls = urls;
    this.#options = options;
    this.records = urls.map((url) => new ServerRecord(parseTarget(url, "ntp"), url));
    this.#probes = new Probes(options);
    const { timers } = options.network ?? systemNetwork;
    this.#nowMs = () => timers.monotonicMs();
  }

  /** Its URL, such as `http://127.0.0.1:8891`. */
  get url(): string {
    const { address } = this.#listener ?? {};
    return address === undefined ? "" : `http://${formatAddress(address)}`;
  }

  /**
   * Watches the servers until each has been queried `count` times, or the signal aborts.
   *
   * @throws {Deno.errors.NotCapable} If the permission to reach a server is missing
   */
  async watch(): Promise<void> {
    if (this.#urls.length === 0) return;
    const { targets: _targets, names: _names, ...options } = this.#options;
    const byUrl = new Map(this.#urls.map((url, i) => [url, this.records[i]]));
    for await (const event of watch(this.#urls, options as WatchOptions)) {
      byUrl.get(event.url)?.add(event, this.#nowMs());
    }
  }

  /**
   * Starts to listen.
   *
   * @throws {RangeError} If other machines could have anything queried
   * @throws {Error} If the host is unknown, or the address cannot be listened on
   */
  async start({ hostname, port }: HttpAddress): Promise<void> {
    const addresses = await resolveHost(hostname);
    if (this.#options.targets === undefined && addresses.some(needsToken)) {
      throw new RangeError(
        `Other machines may reach --listen ${formatAddress({ hostname, port })}: ` +
          "it needs --targets, the networks that /probe may query, or none",
      );
    }
    this.#listener = new HttpListener({
      name: "exporter",
      handler: (request) => this.answer(request),
    });
    await this.#listener.startOnFirst(addresses, port);
  }

  async shutdown(): Promise<void> {
    await this.#listener?.shutdown();
  }

  /** The metrics of the watched servers as text. */
  format(format: MetricFormat): string {
    return formatMetrics(this.#watched(), format);
  }

  /** Answers every request, whatever is wrong with it. */
  async answer(request: HttpRequest): Promise<HttpResponse> {
    let response: HttpResponse;
    try {
      response = await this.#respond(request);
    } catch (error) {
      const { status, message, headers } = toHttpError(error);
      response = textResponse(status, `${message}\n`, headers);
    }
    return { ...response, headers: { ...commonHeaders, ...response.headers } };
  }

  async #respond(request: HttpRequest): Promise<HttpResponse> {
    const { pathname } = request.url;
    const route = Object.hasOwn(this.#routes, pathname) ? this.#routes[pathname] : undefined;
    const { parameters, respond } = route ?? refusePath(pathname, Object.keys(this.#routes));
    findMethod({ GET: respond }, request);
    requireOwnSite(request, this.#options.names ?? []);
    checkParameters(request.url, parameters);
    return await respond(request);
  }

  #watched(): (readonly [Metric, readonly Sample[]])[] {
    const now = this.#nowMs();
    const figures = this.records.map((record) => record.look(now));
    return watchedMetrics.map((metric) => [metric, metric.samples(figures)] as const);
  }

  async #probe(request: HttpRequest): Promise<HttpResponse> {
    const parameters = request.url.searchParams;
    const samples = parameters.get("samples");
    const outcome = await this.#probes.probe({
      target: readTarget(parameters.get("target")),
      samples: samples === null ? 1 : parseOption(probeFields.samples, samples),
      timeoutSeconds: readTimeout(parameters.get("timeout"), request.headers),
    });
    const metrics: (readonly [Metric, readonly Sample[]])[] = [
      ...probeMetrics.map((metric) => [metric, metric.samples(outcome)] as const),
      ...measuredMetrics.map((metric) => [metric, metric.samples([outcome.figures])] as const),
    ];
    return await metricsResponse(request, metrics);
  }
}

interface Route {
  readonly parameters: readonly string[];
  readonly respond: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;
}

const commonHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** @throws {HttpError} If there is no target, or one that needs more than UDP to it */
function readTarget(target: string | null): Endpoint {
  if (target === null || target === "") {
    throw new HttpError(400, "/probe needs a target: /probe?target=ntp://HOST");
  }
  const endpoint = parseTarget(target, "ntp");
  if (endpoint.nts === undefined && endpoint.key === undefined) return endpoint;
  throw new HttpError(
    400,
    "/probe queries without keys and NTS: name the server on the command line",
  );
}

/** The seconds for a measurement: as the URL has it, or what the scrape leaves of its own time limit. */
function readTimeout(timeout: string | null, headers: Headers): number {
  if (timeout !== null) return readSeconds(parseOption(probeFields.timeout, timeout) as TimeSpan);
  const limit = Number(headers.get("x-prometheus-scrape-timeout-seconds") ?? NaN);
  if (!(limit > 0)) return MAX_PROBE_SECONDS;
  return Math.min(Math.max(limit - SPARE_SECONDS, limit / 2), MAX_PROBE_SECONDS);
}

function htmlResponse(body: string): HttpResponse {
  return {
    status: 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
    },
    body,
  };
}
