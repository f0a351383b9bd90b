import { assertEquals } from "@std/assert";
import { loadJson } from "../../../../src/cli/timecli/bench/report.ts";
import type { LoadResult } from "../../../../src/load/figures.ts";

const load: LoadResult = {
  ...{ url: "ntp://a.example:123", address: "192.0.2.1", port: 123 },
  ...{ seconds: 5, sent: 10, good: 4, bad: 1, duplicate: 2, lost: 5, late: 3, stray: 6 },
  goodPerSecond: 0.8,
  cpuUsPerReply: 4.25,
  latencyUs: { p50: 31.5, p90: 42, p99: 1000, p999: 2_000_000 },
  offsetUs: { p50: 0.5, p99: 12 },
  idleShare: 0.75,
};

Deno.test("loadJson has durations in seconds", () => {
  const { latency, offset, cpu_per_reply } = loadJson(load);
  assertEquals(latency, { p50: 0.0000315, p90: 0.000042, p99: 0.001, p999: 2 });
  assertEquals(offset, { p50: 0.0000005, p99: 0.000012 });
  assertEquals(cpu_per_reply, 0.00000425);
});

Deno.test("loadJson has the counts, and no key without a value", () => {
  const { offsetUs: _, ...plain } = load;
  const { schema, url, address, port, good, late, offset } = loadJson(plain);
  assertEquals([schema, url, address, port], [1, "ntp://a.example:123", "192.0.2.1", 123]);
  assertEquals([good, late, offset], [4, 3, undefined]);
  const none = { p50: undefined, p90: undefined, p99: undefined, p999: undefined };
  const json = JSON.parse(
    JSON.stringify(loadJson({ ...plain, cpuUsPerReply: undefined, latencyUs: none })),
  );
  assertEquals([json.latency, "cpu_per_reply" in json], [{}, false]);
});
