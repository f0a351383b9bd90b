/** `/metrics`: the metrics of a server in the format that the client prefers. */
import type { HttpResponse } from "../../../../http/listener.ts";
import { formatMetrics, type MetricFormat, metricTypes } from "../../../../text/exposition.ts";
import { isPreferred } from "../../../../http/accept.ts";
import { compressText } from "../../../../http/compress.ts";
import { serverMetrics } from "./metrics.ts";
import type { WebRoutes } from "../route.ts";

export const metricsRoutes: WebRoutes = {
  "/metrics": {
    part: "metrics",
    isPublic: false,
    parameters: [],
    methods: {
      async GET({ request, subject, figures }): Promise<HttpResponse> {
        const accept = request.headers.get("accept") ?? "";
        const isOpen = isPreferred(accept, "application/openmetrics-text", "text/plain");
        const format: MetricFormat = isOpen ? "openmetrics" : "text";
        const { user, system } = (await import("node:process")).default.cpuUsage();
        const all = { ...figures, cpuSeconds: (user + system) / 1e6 };
        // Many metrics are of the same totals, which are sums over threads.
        const listeners = subject.listeners.map((listener) => {
          const totals = listener.totals();
          return { ...listener, totals: () => totals };
        });
        const server = { ...subject, listeners };
        const metrics = serverMetrics.map((metric) =>
          [metric, metric.samples(server, all)] as const
        );
        const headers = { "content-type": metricTypes[format], "vary": "accept" };
        return await compressText(request, {
          status: 200,
          headers,
          body: formatMetrics(metrics, format),
        });
      },
    },
  },
};
