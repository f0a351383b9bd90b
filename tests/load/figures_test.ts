import { assertEquals } from "@std/assert";
import { Histogram, Tally } from "../../src/load/figures.ts";

Deno.test("Tally summarizes what it has counted", () => {
  const tally = Object.assign(new Tally(), {
    ...{ sent: 1200, good: 1000, bad: 100, duplicate: 3, late: 5, lost: 100, stray: 7 },
    ...{ looks: 400, idleLooks: 100, seconds: 2, goodInTime: 900, cpuNs: 4_000_000 },
    offsets: new Histogram(),
  });
  // Up to 64 ns each has a bucket of its own.
  for (let ns = 1; ns <= 60; ns++) tally.latencies.record(ns);
  for (let ns = 1; ns <= 10; ns++) tally.offsets.record(ns);
  assertEquals(tally.summarize(), {
    ...{ sent: 1200, good: 1000, bad: 100, duplicate: 3, late: 5, lost: 100, stray: 7 },
    seconds: 2,
    goodPerSecond: 450,
    cpuUsPerReply: 4,
    latencyUs: { p50: 0.03, p90: 0.054, p99: 0.06, p999: 0.06 },
    offsetUs: { p50: 0.005, p99: 0.01 },
    idleShare: 0.25,
  });
});

Deno.test("Tally leaves out what was not measured", () => {
  const tally = Object.assign(new Tally(), { seconds: 1, looks: 1 });
  assertEquals(tally.summarize(), {
    ...{ sent: 0, good: 0, bad: 0, duplicate: 0, late: 0, lost: 0, stray: 0 },
    seconds: 1,
    goodPerSecond: 0,
    cpuUsPerReply: undefined,
    latencyUs: { p50: undefined, p90: undefined, p99: undefined, p999: undefined },
    idleShare: 0,
  });
  // Without a good reply there is no time per reply, and without a measured process none either.
  assertEquals(Object.assign(tally, { cpuNs: 1000 }).summarize().cpuUsPerReply, undefined);
  assertEquals(Object.assign(tally, { good: 1, cpuNs: NaN }).summarize().cpuUsPerReply, undefined);
  assertEquals(Object.assign(tally, { good: 2, cpuNs: 1000 }).summarize().cpuUsPerReply, 0.5);
});
