/** The metrics of a server, each written down once: for `/metrics` and for docs/metrics.md. */
import config from "../../../../../deno.json" with { type: "json" };
import { runtime } from "../../../../system/runtime.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { clockMetrics } from "./clock_metrics.ts";
import { listenerMetrics } from "./listener_metrics.ts";
import type { ServerMetric } from "./metric.ts";
import { ntsMetrics } from "./nts_metrics.ts";
import { upstreamMetrics } from "./upstream_metrics.ts";

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
  ...ntsMetrics,
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
