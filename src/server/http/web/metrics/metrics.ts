/** The metrics of a server, each written down once: for `/metrics` and for docs/metrics.md. */
import config from "../../../../../deno.json" with { type: "json" };
import { runtime } from "../../../../system/runtime.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { clockMetrics } from "./clock_metrics.ts";
import { listenerMetrics } from "./listener_metrics.ts";
import { counter, gauge, type Sampler, type Samples, type ServerMetric } from "./metric.ts";
import { upstreamMetrics } from "./upstream_metrics.ts";
import { metricsResponse } from "../../../../http/negotiate.ts";
import type { WebRoutes } from "../route.ts";
import type { HttpResponse } from "../../../../http/message.ts";
import type { NtsReport } from "../../../nts/setup.ts";

export const serverMetrics: readonly ServerMetric[] = [
  {
    name: "timesrv_build_info",
    type: "info",
    labels: ["version", "deno", "transport"],
    help: "What runs; always 1.",
    samples: ({ transport }) => [[[config.version, runtime.version.deno, transport], 1]],
  },
  gauge(
    "timesrv_start_time_seconds",
    "When it was started, by this machine's clock, in seconds since 1970.",
    sampleOf(({ started }) => started.epochMilliseconds / 1000),
  ),
  gauge(
    "timesrv_answering",
    "1 while every listener replies, otherwise 0.",
    sampleOf(({ isAnswering }) => Number(isAnswering())),
  ),
  ...listenerMetrics,
  gauge(
    "timesrv_recent_clients",
    "Clients of the last five minutes, by their addresses.",
    sampleOf(({ recentClients }) => recentClients()),
  ),
  ...clockMetrics,
  ...upstreamMetrics,
  counter(
    "timesrv_nts_key_exchanges_total",
    "NTS key exchanges by outcome, of which answered is the one that gives cookies.",
    ofNts(
      ["outcome"],
      ({ keyExchanges }) =>
        Object.entries(keyExchanges).map(([outcome, count]): Sample => [[outcome], count]),
    ),
  ),
  gauge(
    "timesrv_nts_connections",
    "Open connections of NTS key exchanges.",
    ofNts([], ({ connections }) => [[[], connections]]),
  ),
  gauge(
    "timesrv_nts_certificate_expiry_timestamp_seconds",
    "When the certificate of NTS ends, in seconds since 1970.",
    ofNts([], ({ certificateEnd }) => [[[], certificateEnd.epochMilliseconds / 1000]]),
  ),
  gauge(
    "timesrv_nts_newest_key_timestamp_seconds",
    "When the newest key of NTS cookies was made, in seconds since 1970.",
    ofNts([], ({ newestKey }) => [[[], newestKey.epochMilliseconds / 1000]]),
  ),
  counter(
    "timesrv_http_requests_total",
    "HTTP requests by path, assets or other, and class of the status code, such as 2xx.",
    { labels: ["path", "code"], samples: (_server, { requests }) => requests.samples() },
  ),
  gauge(
    "timesrv_http_connections",
    "Open connections over HTTP, by their use: http, events or websocket.",
    {
      labels: ["kind"],
      samples: (_server, { connections }) =>
        Object.entries(connections).map(([kind, count]): Sample => [[kind], count]),
    },
  ),
  counter(
    "process_cpu_seconds_total",
    "CPU time of the process in seconds, of all threads.",
    sampleOf((_server, { cpuSeconds }) => cpuSeconds),
  ),
  gauge(
    "process_resident_memory_bytes",
    "Resident memory of the process.",
    sampleOf(() => runtime.memoryUsage().rss),
  ),
  gauge(
    "process_start_time_seconds",
    "When the process was started, by this machine's clock, in seconds since 1970.",
    sampleOf(() => performance.timeOrigin / 1000),
  ),
];

export const metricsRoutes: WebRoutes = {
  "/metrics": {
    part: "metrics",
    isPublic: false,
    parameters: [],
    methods: {
      async GET({ request, subject, figures }): Promise<HttpResponse> {
        const all = { ...figures, cpuSeconds: await readCpuSeconds() };
        // Many metrics are of the same totals, which are sums over threads.
        const listeners = subject.listeners.map((listener) => {
          const totals = listener.totals();
          return { ...listener, totals: () => totals };
        });
        const server = { ...subject, listeners };
        return await metricsResponse(
          request,
          serverMetrics.map((metric) => [metric, metric.samples(server, all)] as const),
        );
      },
    },
  },
};

/** One sample, without labels. */
function sampleOf(value: (...given: Parameters<Sampler>) => number): Samples {
  return { samples: (...given) => [[[], value(...given)]] };
}

/** Samples of NTS, if it is served. */
function ofNts(
  labels: readonly string[],
  samples: (report: NtsReport) => readonly Sample[],
): Samples {
  return { labels, samples: ({ nts }) => nts === undefined ? [] : samples(nts.report) };
}

async function readCpuSeconds(): Promise<number> {
  const { default: process } = await import("node:process");
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
