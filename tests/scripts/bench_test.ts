import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { asctimeDialect, asctimeText, ntpDialect } from "../../scripts/bench/dialects.ts";
import { Flow, FLOW_CAPACITY } from "../../scripts/bench/flow.ts";
import { Histogram } from "../../scripts/bench/histogram.ts";
import * as libc from "../../src/transports/mmsg/libc.ts";
import { count, parseTarget, seconds } from "../../scripts/bench/options.ts";
import {
  summarize,
  summarizeMagnitudes,
  summarizeRatios,
  turnsOf,
} from "../../scripts/bench/stats.ts";
import { testWith } from "../helpers.ts";

Deno.test("Histogram finds percentiles to within one bucket", () => {
  const histogram = new Histogram();
  for (let us = 1; us <= 1000; us++) histogram.record(us * 1000);
  assertEquals(histogram.total, 1000);
  for (
    const [share, us] of [[0.5, 500], [0.9, 900], [0.99, 990], [0.999, 999], [1, 1000]] as const
  ) {
    const ns = histogram.percentileNs(share) ?? NaN;
    assertAlmostEquals(ns / 1000 / us, 1, 1 / 64);
  }
});

Deno.test("Histogram tells small latencies apart exactly and keeps outliers in its ends", () => {
  const histogram = new Histogram();
  assertEquals(histogram.percentileNs(0.5), undefined);
  histogram.record(63);
  assertEquals(histogram.percentileNs(0.5), 63);
  histogram.record(-5);
  assertEquals(histogram.percentileNs(0.5), 0);
  histogram.record(1e12);
  assertAlmostEquals((histogram.percentileNs(1) ?? NaN) / 2 ** 32, 1, 1 / 64);
  const buckets = new Histogram();
  for (let power = 0; power < 32; power++) {
    for (const ns of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
      const alone = new Histogram();
      alone.record(ns);
      buckets.record(ns);
      assert(Math.abs((alone.percentileNs(1) ?? NaN) - ns) <= ns / 64, `${ns}`);
    }
  }
  assertEquals(buckets.total, 96);
});

Deno.test("summarize takes the middle and the ends", () => {
  assertEquals(summarize([]), undefined);
  assertEquals(summarize([3]), { median: 3, min: 3, max: 3 });
  assertEquals(summarize([10, 9, 100]), { median: 10, min: 9, max: 100 });
  assertEquals(summarize([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
});

Deno.test("summarizeRatios pairs figures of the same round", () => {
  assertEquals(summarizeRatios([2, 5, 9, 4], [1, 10, 3, 4]), {
    median: 1.5,
    min: 0.5,
    max: 3,
    count: 4,
    above: 2,
    below: 1,
    interval: undefined,
  });
  assertEquals(summarizeRatios([2, undefined, 9, 5], [1, 10, undefined, 0])?.count, 1);
  assertEquals(summarizeRatios([1], []), undefined);
});

Deno.test("summarizeMagnitudes disregards signs", () => {
  assertEquals(summarizeMagnitudes([-3, 1, 2]), { count: 3, median: 2, p99: 3, max: 3 });
  const errors = Array.from({ length: 1000 }, (_, i) => i % 2 === 0 ? i + 1 : -i - 1);
  assertEquals(summarizeMagnitudes(errors), { count: 1000, median: 500.5, p99: 990, max: 1000 });
});

Deno.test("turnsOf reverses every other round", () => {
  assertEquals(turnsOf(["a", "b", "c"], 0), ["a", "b", "c"]);
  assertEquals(turnsOf(["a", "b", "c"], 1), ["c", "b", "a"]);
});

Deno.test("asctimeText writes like C", () => {
  const text = asctimeText(new Date(2020, 3, 3, 21, 9, 6).getTime() / 1000);
  assertEquals(text, "Fri Apr  3 21:09:06 2020");
});

Deno.test("asctimeDialect takes the seconds around now and nothing else", () => {
  const dialect = asctimeDialect();
  const now = 1_600_000_000;
  dialect.tick(now);
  const verify = (text: string): boolean => {
    const octets = new TextEncoder().encode("\0" + text);
    return dialect.verify(octets, 1, octets.length - 1);
  };
  for (const offset of [-2, -1, 0, 1, 2]) assert(verify(asctimeText(now + offset)), `${offset}`);
  for (const offset of [-3, 3, 3600, -86_400]) assert(!verify(asctimeText(now + offset)));
  assert(!verify(asctimeText(now) + "\n"));
  assert(!verify(asctimeText(now).slice(1)));
  assert(!verify(""));
  dialect.tick(now + 3);
  assert(!verify(asctimeText(now)));
});

Deno.test("ntpDialect takes a synchronised server's reply of now and nothing else", () => {
  const dialect = ntpDialect();
  assertEquals(dialect.request.length, 48);
  assertEquals(dialect.request[0], 0x23);
  assertEquals(dialect.identity, { inRequest: 40, inReply: 24 });
  // Of 2036-02-07, so that the seconds go from 2^32 - 1 to 0 within the tolerance.
  const now = 2 ** 32 - 2_208_988_800;
  dialect.tick(now);
  const verify = (change: (reply: DataView<ArrayBuffer>) => void, length = 48): boolean => {
    const octets = new Uint8Array(128);
    const reply = new DataView(octets.buffer, 7);
    octets.set([0x24, 10], 7);
    reply.setUint32(32, 2 ** 32 - 1);
    reply.setUint32(40, 1);
    change(reply);
    return dialect.verify(octets, 7, length);
  };
  assert(verify(() => {}));
  for (const length of [0, 47, 49, 68]) assert(!verify(() => {}, length), `${length} octets`);
  for (const flags of [0x23, 0x25, 0x1c, 0xe4]) assert(!verify((r) => r.setUint8(0, flags)));
  for (const stratum of [0, 16]) assert(!verify((r) => r.setUint8(1, stratum)));
  for (const field of [32, 40]) {
    for (const offset of [-2, 2]) assert(verify((r) => r.setUint32(field, offset)));
    for (const offset of [-3, 3, 2 ** 31]) assert(!verify((r) => r.setUint32(field, offset)));
  }
});

const ffi = { permissions: [{ name: "ffi" }] } as const;

await testWith(ffi, "Flow takes answers in any order, each once, and gives up the rest", () => {
  const flow = new Flow(libc.openLibc(), libc.sockaddrIn([127, 0, 0, 1], 9));
  try {
    for (const sentNs of [10, 11, 12, 13]) flow.push(sentNs);
    assertEquals([flow.next, flow.outstanding, flow.room], [4, 4, FLOW_CAPACITY - 4]);
    assertEquals([flow.take(2), flow.take(2), flow.take(4), flow.take(-1)], [12, 0, 0, 0]);
    assertEquals([flow.take(), flow.take(), flow.take(), flow.take()], [10, 11, 13, 0]);
    assertEquals([flow.outstanding, flow.room, flow.youngestNs], [0, FLOW_CAPACITY, 13]);
    flow.push(20);
    const { nonce } = flow;
    assertEquals([flow.giveUp(), flow.outstanding, flow.take(4)], [1, 0, 0]);
    assert(flow.nonce !== nonce);
    flow.push(30);
    assertEquals([flow.take(5), flow.room], [30, FLOW_CAPACITY]);
  } finally {
    flow.close();
  }
});

Deno.test("sockaddrIn writes the port in network order", () => {
  assertEquals(
    [...libc.sockaddrIn([127, 0, 0, 1], 8888)],
    [2, 0, 0x22, 0xb8, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  );
});

Deno.test("parseTarget takes ports of this machine only", () => {
  assertEquals(parseTarget("127.0.0.1:8888"), { address: [127, 0, 0, 1], port: 8888 });
  assertEquals(parseTarget("127.1.2.3:1"), { address: [127, 1, 2, 3], port: 1 });
  assertEquals(parseTarget("localhost:65535"), { address: [127, 0, 0, 1], port: 65_535 });
  for (
    const text of [
      "192.0.2.1:123",
      "127.0.0.1",
      "127.0.0.1:0",
      "127.0.0.1:65536",
      "127.0.0.256:1",
      "",
      "a:1",
    ]
  ) {
    assertThrows(() => parseTarget(text), Error, "this machine");
  }
});

Deno.test("options refuse what is not a number in range", () => {
  assertEquals(count(10)("10"), 10);
  for (const text of ["0", "11", "1.5", "1e1", "-1", " 1", ""]) assertThrows(() => count(10)(text));
  assertEquals(seconds("0.25"), 0.25);
  assertEquals(seconds(".5"), 0.5);
  for (const text of ["0", "601", "-1", "1s", "", ".", "Infinity"]) {
    assertThrows(() => seconds(text));
  }
});
