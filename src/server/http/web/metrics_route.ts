/** `/metrics`: the metrics of a server in the format that the client prefers. */
import type { HttpResponse } from "../../../http/listener.ts";
import { formatMetrics, type MetricFormat, metricTypes } from "../../../text/exposition.ts";
import { isPreferred } from "../../../http/accept.ts";
import { serverMetrics } from "./metrics.ts";
import type { WebRoutes } from "./route.ts";

export const metricsRoutes: WebRoutes = {
  "/metrics": {
    part: "metrics",
    isPublic: false,
    parameters: [],
    methods: {
      GET({ request, subject }): HttpResponse {
        const accept = request.headers.get("accept") ?? "";
        const isOpen = isPreferred(accept, "application/openmetrics-text", "text/plain");
        const format: MetricFormat = isOpen ? "openmetrics" : "text";
        const metrics = serverMetrics.map((metric) => [metric, metric.samples(subject)] as const);
        const headers = { "content-type": metricTypes[format], "vary": "accept" };
        return { status: 200, headers, body: formatMetrics(metrics, format) };
      },
    },
  },
};
