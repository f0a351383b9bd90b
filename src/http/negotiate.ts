/** The type and the coding of a response, as the client accepts them (RFC 9110 §12.5). */
import { formatMetrics, metricTypes } from "../text/exposition.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";

/** Whether a header Accept (RFC 9110 §12.5.1) names a type, and with no less weight than another one. */
export function isPreferred(accept: string, type: string, other: string): boolean {
  const weights = readWeights(accept);
  const wanted = weights.get(type) ?? 0;
  return wanted > 0 && wanted >= (weights.get(other) ?? 0);
}

/** Whether a header Accept-Encoding (RFC 9110 §12.5.3) accepts a coding. */
export function isAccepted(acceptEncoding: string, coding: string): boolean {
  const weights = readWeights(acceptEncoding);
  return (weights.get(coding) ?? weights.get("*") ?? 0) > 0;
}

/** The weights of a list, 1 by default. */
function readWeights(list: string): Map<string, number> {
  return new Map(
    list.split(",").map((range) => {
      const [name = "", ...parameters] = range.trim().toLowerCase().split(/\s*;\s*/);
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
    }),
  );
}

/** A shorter body fits into one packet as it is. */
const MIN_LENGTH = 1024;

/** Responds with metrics, in the format that a client prefers and compressed by gzip if it accepts that. */
export async function metricsResponse(
  { headers: given }: Pick<HttpRequest, "headers">,
  metrics: Parameters<typeof formatMetrics>[0],
): Promise<HttpResponse> {
  const accept = given.get("accept") ?? "";
  const isOpen = isPreferred(accept, "application/openmetrics-text", "text/plain");
  const format = isOpen ? "openmetrics" : "text";
  const body = formatMetrics(metrics, format);
  const headers = { "content-type": metricTypes[format], "vary": "accept, accept-encoding" };
  const isZipped = body.length > MIN_LENGTH &&
    isAccepted(given.get("accept-encoding") ?? "", "gzip");
  if (!isZipped) return { status: 200, headers, body };
  const { gzipSync } = await import("node:zlib");
  return {
    status: 200,
    headers: { ...headers, "content-encoding": "gzip" },
    // The default level needs twice the time, on the thread of some replies, for a thirtieth less.
    body: gzipSync(body, { level: 3 }),
  };
}
