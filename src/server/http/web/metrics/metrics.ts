/** The metrics of a server, each written down once: for `/metrics` and for docs/metrics.md. */
import config from "../../../../../deno.json" with { type: "json" };
import { runtime } from "../../../../system/runtime.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { clockMetrics } from "./clock_metrics.ts";
import { listenerMetrics } from "./listener_metrics.ts";
import type { Sampler, ServerMetric } from "./metric.ts";
import { upstreamMetrics } from "./upstream_metrics.ts";
import { metricsResponse } from "../../../../http/negotiate.ts";
import type { WebRoutes } from "../route.ts";
import type { HttpResponse } from "../../../../http/message.ts";
import type { NtsReport } from "../../../nts/outcomes.ts";

export const serverMetrics: readonly ServerMetric[] = [
  {
    name: "timesrv_build_info",
    type: "info",
    labels: ["version", "deno", "transport"],
    help: "What runs; always 1.",
    samples: ({ transport }) => [[[config.version, runtime.version.deno, transport], 1]],
  },
  {
    name: "timesrv_start_time_seconds",
    type: "gauge",
    help: "When it was started, by this machine's clock, in seconds since 1970.",
    samples: ({ started }) => [[[], started.epochMilliseconds / 1000]],
  },
  {
    name: "timesrv_answering",
    type: "gauge",
    help: "1 while every listener replies, otherwise 0.",
    samples: ({ isAnswering }) => [[[], Number(isAnswering())]],
  },
  ...listenerMetrics,
  {
    name: "timesrv_recent_clients",
    type: "gauge",
    help: "Clients of the last five minutes, by their addresses.",
    samples: ({ recentClients }) => [[[], recentClients()]],
  },
  ...clockMetrics,
  ...upstreamMetrics,
  {
    name: "timesrv_nts_key_exchanges_total",
    type: "counter",
    labels: ["outcome"],
    help: "NTS key exchanges by outcome, of which answered is the one that gives cookies.",
    samples: ofNts(({ keyExchanges }) =>
      Object.entries(keyExchanges).map(([outcome, count]): Sample => [[outcome], count])
    ),
  },
  {
    name: "timesrv_nts_connections",
    type: "gauge",
    help: "Open connections of NTS key exchanges.",
    samples: ofNts(({ connections }) => [[[], connections]]),
  },
  {
    name: "timesrv_nts_certificate_expiry_timestamp_seconds",
    type: "gauge",
    help: "When the certificate of NTS ends, in seconds since 1970.",
    samples: ofNts(({ certificateEnd }) => [[[], certificateEnd.epochMilliseconds / 1000]]),
  },
  {
    name: "timesrv_nts_newest_key_timestamp_seconds",
    type: "gauge",
    help: "When the newest key of NTS cookies was made, in seconds since 1970.",
    samples: ofNts(({ newestKey }) => [[[], newestKey.epochMilliseconds / 1000]]),
  },
  {
    name: "timesrv_http_requests_total",
    type: "counter",
    labels: ["path", "code"],
    help: "HTTP requests by path, assets or other, and class of the status code, such as 2xx.",
    samples: (_server, { requests }) => requests.samples(),
  },
  {
    name: "timesrv_http_connections",
    type: "gauge",
    labels: ["kind"],
    help: "Open connections over HTTP, by their use: http, events or websocket.",
    samples: (_server, { connections }) =>
      Object.entries(connections).map(([kind, count]): Sample => [[kind], count]),
  },
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "CPU time of the process in seconds, of all threads.",
    samples: (_server, { cpuSeconds }) => [[[], cpuSeconds]],
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory of the process.",
    samples: () => [[[], runtime.memoryUsage().rss]],
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When the process was started, by this machine's clock, in seconds since 1970.",
    samples: () => [[[], performance.timeOrigin / 1000]],
  },
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

/** Samples of NTS, if it is served. */
function ofNts(samples: (report: NtsReport) => readonly Sample[]): Sampler {
  return ({ nts }) => nts === undefined ? [] : samples(nts.report);
}

async function readCpuSeconds(): Promise<number> {
  const { default: process } = await import("node:process");
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
