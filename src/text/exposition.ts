/** Metrics as Prometheus reads them: OpenMetrics 1.0, or its older text format, with the same series. */

/** What a metric is, for people and for both formats. */
export interface Metric {
  /** Its whole name: of a counter it ends in `_total`, of an info in `_info`. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "info";
  /** The names of its labels, whose values come from closed lists and the command line alone. */
  readonly labels?: readonly string[];
  readonly help: string;
}

/** A value with those of its labels, in their order. */
export type Sample = readonly [labels: readonly string[], value: number];

export type MetricFormat = "openmetrics" | "text";

/** The content types, exactly as Prometheus 3 wants them. */
export const metricTypes: Readonly<Record<MetricFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

/** Writes metrics with their samples; one without a sample is left out. */
export function formatMetrics(
  metrics: Iterable<readonly [Metric, readonly Sample[]]>,
  format: MetricFormat,
): string {
  const lines: string[] = [];
  for (const [metric, samples] of metrics) {
    if (samples.length > 0) lines.push(...formatMetric(metric, samples, format));
  }
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function* formatMetric(
  { name, type, labels = [], help }: Metric,
  samples: readonly Sample[],
  format: MetricFormat,
): Generator<string> {
  const isOpen = format === "openmetrics";
  const family = isOpen ? name.replace(/_(?:total|info)$/, "") : name;
  yield `# HELP ${family} ${help}`;
  // The older format has no such type.
  yield `# TYPE ${family} ${type === "info" && !isOpen ? "gauge" : type}`;
  const unit = /_(seconds|bytes|ratio)$/.exec(family)?.[1];
  if (isOpen && unit !== undefined) yield `# UNIT ${family} ${unit}`;
  for (const [values, value] of samples) {
    const pairs = labels.map((label, i) => `${label}="${escapeLabel(values[i] ?? "")}"`);
    yield `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${formatValue(value)}`;
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Math.abs(value) === Infinity) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
