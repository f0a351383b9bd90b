import { assertEquals } from "@std/assert";
import {
  failureOf,
  formatLoad,
  formatProgress,
  loadJson,
  type LoadReport,
  warningsOf,
} from "../../../../src/cli/timecli/bench/report.ts";
import type { LoadResult } from "../../../../src/load/figures.ts";
import { assertDocumented } from "../../../support/documented.ts";

const result: LoadResult = {
  ...{ url: "ntp://a.example:123", address: "192.0.2.1", port: 123 },
  ...{ seconds: 5, sent: 10_000, good: 4, bad: 1, duplicate: 2, lost: 5, late: 3, stray: 6 },
  goodPerSecond: 1800.6,
  cpuUsPerReply: 4.25,
  latencyUs: { p50: 31.5, p90: 42, p99: 1000, p999: 2_000_000 },
  offsetUs: { p50: 0.5, p99: 12 },
  idleShare: 0.75,
};
const none = { p50: undefined, p90: undefined, p99: undefined, p999: undefined };

function reportOf(
  of: Partial<LoadResult> = {},
  load: Partial<LoadReport["load"]> = {},
): LoadReport {
  return {
    load: { window: 64, flows: 8, timeout: "100ms", ...load },
    result: { ...result, ...of },
  };
}

Deno.test("loadJson has the documented keys, durations in seconds to the nanosecond", () => {
  const json = loadJson({ ...result, latencyUs: { ...result.latencyUs, p50: 31.5678 } });
  assertDocumented(structuredClone(json), "bench");
  assertEquals(json, {
    ...{ schema: 1, url: "ntp://a.example:123", address: "192.0.2.1", port: 123 },
    ...{ seconds: 5, sent: 10_000, good: 4, bad: 1, duplicate: 2, lost: 5, late: 3, stray: 6 },
    good_per_second: 1800.6,
    cpu_per_reply: 0.00000425,
    latency: { p50: 0.000031568, p90: 0.000042, p99: 0.001, p999: 2 },
    offset: { p50: 0.0000005, p99: 0.000012 },
    idle_share: 0.75,
  });
});

Deno.test("loadJson has no key without a value", () => {
  const { offsetUs: _, ...plain } = result;
  const json = JSON.parse(
    JSON.stringify(loadJson({ ...plain, cpuUsPerReply: undefined, latencyUs: none })),
  );
  assertEquals([json.latency, "cpu_per_reply" in json, "offset" in json], [{}, false, false]);
});

Deno.test("formatLoad has all figures in columns", () => {
  assertEquals(
    formatLoad(reportOf()),
    `Target     ntp://a.example:123 (192.0.2.1:123)
Load       64 outstanding requests over 8 flows, 5.000 s
Replies/s  1,801
CPU time   4.25 µs per reply

Sent       10,000
Good            4
Bad             1
Lost            5
Late            3
Duplicate       2
Stray           6

           p50       p90       p99       p99.9
Latency    31.50 µs  42.00 µs  1.000 ms  2.000 s
|Offset|   500 ns              12.00 µs`,
  );
});

Deno.test("formatLoad leaves out what was not measured", () => {
  const { offsetUs: _, ...plain } = result;
  const few = { ...plain, cpuUsPerReply: undefined, latencyUs: none, sent: 1, seconds: 0.5 };
  assertEquals(
    formatLoad({ load: { window: 1, flows: 1, timeout: "100ms", segmented: true }, result: few }),
    `Target     ntp://a.example:123 (192.0.2.1:123)
Load       1 outstanding request over 1 flow, in segmented bursts, 500.0 ms
Replies/s  1,801

Sent       1
Good       4
Bad        1
Lost       5
Late       3
Duplicate  2
Stray      6`,
  );
  const [, load] = formatLoad(reportOf({}, { rate: 20_000 })).split("\n");
  assertEquals(load, "Load       20,000 requests/s over 8 flows, 5.000 s");
});

Deno.test("formatProgress has the time, the rate and the losses so far", () => {
  const progress = { seconds: 1.25, goodPerSecond: 12_345.6, lost: 1000 };
  assertEquals(formatProgress(progress, 5), "1.3 s of 5: 12,346 replies/s, 1,000 lost");
});

Deno.test("failureOf names the worst of what went wrong", () => {
  const good = { bad: 0, duplicate: 0, stray: 0, lost: 0 };
  for (
    const [of, reason, message] of [
      [good, undefined, undefined],
      [{}, "not_a_time", "1 of 10,000 requests to 192.0.2.1:123 got a bad reply"],
      [
        { bad: 0 },
        "bogus_reply",
        "2 duplicate and 6 stray replies came from 192.0.2.1:123",
      ],
      [{ ...good, duplicate: 1 }, "bogus_reply", "1 duplicate reply came from 192.0.2.1:123"],
      [{ ...good, stray: 1 }, "bogus_reply", "1 stray reply came from 192.0.2.1:123"],
      [
        { ...good, duplicate: 2, stray: 1 },
        "bogus_reply",
        "2 duplicate and 1 stray replies came from 192.0.2.1:123",
      ],
      [{ ...good, stray: 2 }, "bogus_reply", "2 stray replies came from 192.0.2.1:123"],
      [
        { ...good, lost: 1200 },
        "timeout",
        "1,200 of 10,000 requests to 192.0.2.1:123 got no reply within 100.0 ms; " +
        "if the server limits rates, start it with --rate-limit off",
      ],
      [
        { ...good, lost: 999 },
        "timeout",
        "999 of 10,000 requests to 192.0.2.1:123 got no reply within 100.0 ms",
      ],
      [
        { ...good, lost: 1200, address: "127.0.0.1" },
        "timeout",
        "1,200 of 10,000 requests to 127.0.0.1:123 got no reply within 100.0 ms",
      ],
      [
        { ...good, lost: 1, sent: 1, good: 0 },
        "timeout",
        "No reply from 192.0.2.1:123 within 100.0 ms, to any of 1 request",
      ],
      [
        { ...good, lost: 10_000, good: 0 },
        "timeout",
        "No reply from 192.0.2.1:123 within 100.0 ms, to any of 10,000 requests",
      ],
    ] as const
  ) {
    const failure = failureOf(reportOf(of));
    assertEquals([failure?.reason, failure?.message], [reason, message]);
  }
});

Deno.test("warningsOf tells where this program was the limit, and what would help", () => {
  const limited = "This program was the limit, not the server: it was never idle";
  const slow = (rate: string): string =>
    `This program could not keep up the rate: it sent ${rate} requests/s`;
  const hint = "; --segmented needs less CPU time";
  for (
    const [of, load, warnings] of [
      [{}, {}, []],
      [{ idleShare: 0.02 }, {}, []],
      [{ idleShare: 0.019 }, {}, [limited + hint]],
      [{ idleShare: 0 }, { segmented: true }, [limited]],
      // 10,000 in 5 s are 2,000 per second, and 1 % less may be missing.
      [{}, { rate: 2000 }, []],
      [{}, { rate: 2020 }, []],
      [{}, { rate: 2021 }, [slow("2,000") + hint]],
      [{}, { rate: 4000, segmented: true }, [slow("2,000")]],
      [{ sent: 8, seconds: 1, idleShare: 0.019 }, { rate: 9 }, [limited + hint]],
    ] as const
  ) assertEquals(warningsOf(reportOf(of, load)), [...warnings]);
});
