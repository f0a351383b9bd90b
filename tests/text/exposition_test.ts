import { assertEquals } from "@std/assert";
import { formatMetrics, type Metric, type Sample } from "../../src/text/exposition.ts";

const metrics: [Metric, Sample[]][] = [
  [
    { name: "a_replies_total", type: "counter", labels: ["url", "why"], help: "Replies." },
    [[["ntp://x", 'a"b\\c\nd'], 3], [["", ""], 0]],
  ],
  [{ name: "a_build_info", type: "info", labels: ["version"], help: "What runs." }, [[["1"], 1]]],
  [{ name: "a_delay_seconds", type: "gauge", help: "A delay." }, [[[], 0.25]]],
  [{ name: "a_limit", type: "gauge", help: "A limit." }, [[[], Infinity]]],
  [{ name: "a_absent", type: "gauge", help: "Nothing is known." }, []],
];

Deno.test("formatMetrics writes the text format, with the whole name in each line", () => {
  assertEquals(
    formatMetrics(metrics, "text"),
    `# HELP a_replies_total Replies.
# TYPE a_replies_total counter
a_replies_total{url="ntp://x",why="a\\"b\\\\c\\nd"} 3
a_replies_total{url="",why=""} 0
# HELP a_build_info What runs.
# TYPE a_build_info gauge
a_build_info{version="1"} 1
# HELP a_delay_seconds A delay.
# TYPE a_delay_seconds gauge
a_delay_seconds 0.25
# HELP a_limit A limit.
# TYPE a_limit gauge
a_limit +Inf
`,
  );
});

Deno.test("formatMetrics writes OpenMetrics: families, units and an end, and the same series", () => {
  const open = formatMetrics(metrics, "openmetrics");
  assertEquals(
    open.split("\n").filter((line) => line.startsWith("#")),
    [
      "# HELP a_replies Replies.",
      "# TYPE a_replies counter",
      "# HELP a_build What runs.",
      "# TYPE a_build info",
      "# HELP a_delay_seconds A delay.",
      "# TYPE a_delay_seconds gauge",
      "# UNIT a_delay_seconds seconds",
      "# HELP a_limit A limit.",
      "# TYPE a_limit gauge",
      "# EOF",
    ],
  );
  const series = (text: string): string[] =>
    text.split("\n").filter((line) => !line.startsWith("#"));
  assertEquals(series(open), series(formatMetrics(metrics, "text")));
});
