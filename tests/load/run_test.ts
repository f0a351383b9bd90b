/** Runs against a network and a clock of a test's own: every count and every time is exact. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Dialect } from "../../src/load/dialects.ts";
import type { LoadProgress } from "../../src/load/options.ts";
import { Run } from "../../src/load/run.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { EACCES, ECONNREFUSED, SO_TIMESTAMPNS } from "../../src/system/libc.ts";
import {
  anonymous,
  type Answer,
  countsOf,
  defaults,
  LoadMachine,
  MS,
  numbered,
  one,
  type Reply,
  reply,
  right,
  run,
  STEP_NS,
  STRIDE,
} from "../support/load_machine.ts";

Deno.test("a closed loop has no more requests under way than its window", async () => {
  for (const [window, flows] of [[1, 1], [4, 1], [7, 3], [4, 8]] as const) {
    const { tally, machine } = await run(numbered, reply, { window, flows, requests: 100 });
    assertEquals(countsOf(tally), [100, 100, 0, 0, 0, 0, 0]);
    assertEquals(machine.mostOutstanding, window, `${window} ${flows}`);
    // Each request after the first ones waits for a reply: 1 ms, and the looks at all flows.
    const turns = Math.ceil(100 / window);
    assert(tally.seconds >= turns / 1000 && tally.seconds < turns * 1.2 / 1000, `${tally.seconds}`);
    assertEquals(tally.goodInTime, 100);
    // Each message is a request, and each call has one at least.
    assertEquals(new Set(machine.together), new Set([1]));
    const counts = machine.libc.argsOf("sendmmsg").map(([, , count]) => Number(count));
    assertEquals(counts.reduce((sum, count) => sum + count, 0), 100);
    assert(!counts.includes(0));
    const looks = machine.libc.argsOf("recvmmsg").length;
    // Those of the wait for duplicates are not counted, and find nothing.
    assert(tally.looks <= looks && tally.looks > machine.found, `${tally.looks} of ${looks}`);
    assertEquals(tally.looks - tally.idleLooks, machine.found);
  }
});

Deno.test("a fixed rate sends what falls due in its time, when it falls due", async () => {
  for (const dialect of [numbered, anonymous]) {
    for (const segmented of [false, true]) {
      const answer = dialect === numbered ? reply : one;
      const options = { rate: 1000, seconds: 0.2, segmented };
      const { tally, machine } = await run(dialect, answer, options);
      assertEquals(countsOf(tally), [200, 200, 0, 0, 0, 0, 0]);
      for (const [i, atNs] of machine.sentNs.entries()) {
        const lateNs = atNs - i * MS;
        assert(lateNs >= 0 && lateNs <= 2 * STEP_NS, `request ${i}: ${lateNs} ns late`);
      }
      assertEquals(tally.seconds, 0.2);
      assertEquals(machine.libc.argsOf("sendmmsg").length, 200);
    }
  }
});

Deno.test("the kernel cuts bursts of a high rate into requests", async () => {
  const options = { rate: 300_000, seconds: 0.01, segmented: true, requests: 1000 };
  const { tally, machine } = await run(numbered, reply, options);
  assertEquals([tally.sent, tally.good], [1000, 1000]);
  assertEquals(new Set(machine.together.slice(0, -1)), new Set([15]));
});

Deno.test("each reply is good, bad, a duplicate, late or a stray, and each request has one end", async () => {
  // Of every ten requests: two replies, none, a wrong one, a late one, one to no request; five right ones.
  const answer: Answer = (request, count) => {
    const good = reply(request);
    switch (count % 10) {
      case 0:
        return [good, good];
      case 1:
        return undefined;
      case 2:
        return { ...good, payload: good.payload.with(8, 2) };
      case 3:
        return { ...good, afterNs: 150 * MS };
      case 4:
        return [good, { ...good, payload: good.payload.with(0, (good.payload[0] ?? 0) ^ 1) }];
      case 5:
        return [good, { ...good, payload: good.payload.with(4, 255) }];
      default:
        return good;
    }
  };
  const options = { rate: 1000, seconds: 1, flows: 3 };
  const { tally } = await run(numbered, answer, options);
  const { sent, good, bad, duplicate, lost, late, stray } = tally;
  assertEquals({ sent, good, bad, duplicate, lost, late, stray }, {
    sent: 1000,
    good: 700,
    bad: 100,
    duplicate: 100,
    lost: 200,
    late: 100,
    stray: 200,
  });
});

Deno.test("each request has the octets of its dialect, however many leave together", async () => {
  for (const segmented of [false, true]) {
    const requests: Uint8Array[] = [];
    const answer: Answer = (request) => (requests.push(request), reply(request));
    await run(numbered, answer, { window: 64, requests: 64, segmented });
    assertEquals(requests.length, 64);
    for (const [i, request] of requests.entries()) {
      assertEquals([request.length, ...request.slice(0, 4)], [STRIDE, 7, 7, 7, 7]);
      assertEquals(new DataView(request.buffer).getUint32(8), i);
    }
  }
  const lengths: number[] = [];
  const empty: Dialect = { ...anonymous, request: new Uint8Array() };
  const counted: Answer = (request) => (lengths.push(request.length), one());
  const { tally } = await run(empty, counted, { window: 3, requests: 9 });
  assertEquals([tally.good, lengths], [9, Array(9).fill(0)]);
});

Deno.test("replies are verified by this machine's second", async () => {
  const ticks: number[] = [];
  const before = Math.floor(Date.now() / 1000);
  await run({ ...numbered, tick: (seconds) => ticks.push(seconds) }, reply, { requests: 20 });
  const after = Math.floor(Date.now() / 1000);
  assert(ticks.length > 0 && ticks.every((seconds) => before <= seconds && seconds <= after));
});

Deno.test("a reply too short to name its request is that of the oldest, and bad", async () => {
  const short = (): Reply => ({ payload: new Uint8Array(7), afterNs: MS });
  const { tally } = await run(numbered, short, { requests: 20 });
  assertEquals(countsOf(tally), [20, 0, 20, 0, 0, 0, 0]);
});

Deno.test("a request without a reply is lost after the timeout, and not before", async () => {
  const times: number[] = [];
  const answer: Answer = (request, count) => {
    // Half a look less than the timeout, and half a look more.
    const afterNs = 100 * MS + (count % 2 === 0 ? -STEP_NS / 2 : 3 * STEP_NS);
    return { ...reply(request), afterNs };
  };
  const { tally, machine } = await run(numbered, answer, { window: 2, requests: 20 });
  assertEquals(countsOf(tally), [20, 10, 0, 0, 10, 10, 0]);
  times.push(...machine.sentNs);
  // The next two leave when the first two are over.
  assertEquals(times.slice(0, 2), [STEP_NS, STEP_NS]);
  assert(times.slice(2, 4).every((atNs) => Math.abs(atNs - 100 * MS) < 5 * STEP_NS), `${times}`);
});

Deno.test("a flow is drained where replies cannot be told apart, and only there", async () => {
  const silent = { rate: 1000, seconds: 0.8, timeout: 1 };
  const nothing = (): undefined => undefined;
  const named = await run(numbered, nothing, silent);
  assertEquals(countsOf(named.tally), [800, 0, 0, 0, 800, 0, 0]);
  // After a tenth of a second it waits for the timeout.
  const unnamed = await run(anonymous, nothing, silent);
  assertEquals(countsOf(unnamed.tally), [100, 0, 0, 0, 100, 0, 0]);
  // Each time it is drained the loss adds up, and what fell due meanwhile leaves.
  const often = await run(anonymous, nothing, { ...silent, timeout: 0.1 });
  assertEquals(countsOf(often.tally), [800, 0, 0, 0, 800, 0, 0]);
  // One lost request of a hundred is found, and the others stay good.
  const answer: Answer = (_, count) => count === 50 ? undefined : one();
  const lossy = await run(anonymous, answer, { rate: 1000, seconds: 1, timeout: 0.05 });
  assertEquals([lossy.tally.lost, lossy.tally.bad, lossy.tally.stray], [1, 0, 0]);
  assertEquals(lossy.tally.good, lossy.tally.sent - 1);
  // What fell due while the flow was drained has waited since then.
  assert((lossy.tally.latencies.percentileNs(1) ?? NaN) > 45 * MS);
});

Deno.test("latencies are from the sending, or from when a request was due, and without pauses", async () => {
  const microseconds = ({ latencies }: Run["tally"], share: number): number =>
    (latencies.percentileNs(share) ?? NaN) / 1000;
  const loop = await run(numbered, reply, { requests: 100 });
  for (const share of [0.01, 0.5, 1]) {
    assert(Math.abs(microseconds(loop.tally, share) / 1020 - 1) < 0.04, `${share}`);
  }
  // 20 ms from slice to slice, of which nothing counts: what came meanwhile has no latency.
  const paused = await run(numbered, reply, { rate: 1000, seconds: 0.5, pauseNs: 20 * MS });
  assertEquals([paused.tally.sent, paused.tally.good], [500, 500]);
  assert(paused.tally.latencies.total < 500 && paused.tally.latencies.total > 400);
  // 16 of the 20 that are overdue leave at once, the others at twice the rate: 2 ms later.
  const longest = microseconds(paused.tally, 1);
  assert(longest > 2900 && longest < 3200, `${longest}`);
  // Where replies name no request all leave at once.
  const together = await run(anonymous, one, { rate: 1000, seconds: 0.09, pauseNs: 20 * MS });
  assert(microseconds(together.tally, 1) < 1200, `${microseconds(together.tally, 1)}`);
});

Deno.test("a run reports its progress, and ends when its signal aborts", async () => {
  const controller = new AbortController();
  const reports: LoadProgress[] = [];
  const { tally } = await run(numbered, () => undefined, {
    window: 20,
    timeout: 10,
    signal: controller.signal,
    onProgress: (progress) => reports.push(progress) === 3 && controller.abort(),
  });
  assertEquals(countsOf(tally), [20, 0, 0, 0, 20, 0, 0]);
  assertEquals(
    reports.map(({ lost, goodPerSecond }) => [lost, goodPerSecond]),
    Array(3).fill([0, 0]),
  );
  const seconds = reports.map(({ seconds }) => Math.round(seconds * 1000));
  assertEquals(seconds, [50, 100, 150]);
  assertEquals(Math.round(tally.seconds * 1000), 150);
  const good = await run(numbered, reply, {
    rate: 1000,
    seconds: 0.2,
    onProgress: (progress) => reports.push(progress),
  });
  assertEquals(good.tally.good, 200);
  assertEquals(Math.round((reports.at(-1)?.goodPerSecond ?? 0) / 50), 20);
});

Deno.test("replies after the end of a run's time are good, but not in time", async () => {
  const late = (request: Uint8Array): Reply => ({ payload: right(request), afterNs: 3 * MS });
  const { tally } = await run(numbered, late, { rate: 1000, seconds: 0.2 });
  assertEquals([tally.sent, tally.good, tally.seconds], [200, 200, 0.2]);
  assert(tally.goodInTime === 197 || tally.goodInTime === 198, `${tally.goodInTime}`);
  // The time of a number of requests ends with the last reply, without the wait for duplicates.
  const few = await run(numbered, late, { requests: 1 });
  assertEquals(Math.round(few.tally.seconds * 1000), 3);
  assertEquals(few.tally.goodInTime, 1);
  const none = await run(numbered, () => undefined, { requests: 1 });
  assert(none.tally.seconds > 0 && none.tally.seconds < 0.001, `${none.tally.seconds}`);
});

Deno.test("offsets are by the server's timestamps and the kernel's, of the first request of a call", async () => {
  const stamped: Dialect = {
    ...numbered,
    timestamps: { receive: 9, transmit: 17 },
    verify: (replies, offset, length) => length === 25 && replies[offset + 8] === 1,
  };
  for (const aheadNs of [0, 0.25e9, -0.5e9, 3e9]) {
    // 1 ms there, 2 ms inside, 3 ms back: the offset is measured 1 ms too low.
    const answer: Answer = (request, count, sentNs) => {
      const payload = new Uint8Array(25);
      payload.set(right(request));
      const view = new DataView(payload.buffer);
      const put = (at: number, ns: number): void => {
        view.setUint32(at, Math.floor(ns / 1e9) + 2_208_988_800);
        view.setUint32(at + 4, (ns % 1e9) / 1e9 * 2 ** 32);
      };
      put(9, sentNs + MS + aheadNs);
      put(17, sentNs + 3 * MS + aheadNs);
      const arrivalNs = sentNs + 6 * MS;
      const stamp = { seconds: Math.floor(arrivalNs / 1e9), nanoseconds: arrivalNs % 1e9 };
      // The first request's reply comes last, and not every reply is stamped.
      const afterNs = 6 * MS - (count % 5 === 1 ? 0 : 1);
      return { payload, afterNs, ...(count % 2 === 1 && { stamp }) };
    };
    const { tally } = await run(stamped, answer, { window: 5, requests: 20 });
    assertEquals(tally.good, 20);
    // Five leave together, four times; of the first ones every other has a stamp.
    assertEquals(tally.offsets?.total, 2);
    const expected = Math.abs(aheadNs - MS) / 1000;
    for (const share of [0.5, 1]) {
      const microseconds = (tally.offsets?.percentileNs(share) ?? NaN) / 1000;
      assert(Math.abs(microseconds / expected - 1) < 1 / 64, `${microseconds}, not ${expected}`);
    }
  }
  const { tally, machine } = await run(numbered, reply, { requests: 1 });
  assertEquals(tally.offsets, undefined);
  const options = machine.libc.argsOf("setsockopt").map(([, , option]) => option);
  assertEquals(options.includes(SO_TIMESTAMPNS), false);
});

Deno.test("a run measures the CPU time of a process, if it is given one", async () => {
  const measured = await run(numbered, reply, { requests: 100, pid: 1 });
  // Every clock of the machine is the same.
  assert(measured.tally.cpuNs > 25 * MS && measured.tally.cpuNs < 30 * MS);
  assertEquals((await run(numbered, reply, { requests: 10 })).tally.cpuNs, NaN);
});

Deno.test("a run on a closed port is refused", async () => {
  using machine = new LoadMachine(() => undefined);
  machine.libc.sends.push(...Array.from({ length: 50 }, () => ({ errno: ECONNREFUSED })));
  const options = { ...defaults, flows: 2, requests: 10 };
  const run = new Run(machine.libc, numbered, options);
  const error = await assertRejects(() => run.run(10), QueryError);
  assertEquals([error.reason, error.message], ["refused", "Nothing listens on udp 127.0.0.1:123"]);
  assertEquals(machine.libc.argsOf("close").length, 2);
});

Deno.test("a run without a reply is refused if one of its flows was, at its end", async () => {
  for (const answer of [() => undefined, reply]) {
    using machine = new LoadMachine(answer);
    machine.libc.sends.push({ errno: ECONNREFUSED });
    const run = new Run(machine.libc, numbered, { ...defaults, flows: 2, requests: 10 });
    if (answer === reply) {
      await run.run(10);
      assertEquals(countsOf(run.tally), [10, 10, 0, 0, 0, 0, 0]);
    } else await assertRejects(() => run.run(10), QueryError, "Nothing listens on udp");
  }
});

Deno.test("a run throws what the network says of its address", () => {
  using machine = new LoadMachine(reply);
  const options = { ...defaults, hostname: "nonsense", requests: 1 };
  const error = assertThrows(() => new Run(machine.libc, numbered, options), QueryError);
  assertEquals(error.message, "nonsense is not an address of this network");
  for (const [call, action] of [["socket", "open a socket to"], ["connect", "send to"]] as const) {
    using machine = new LoadMachine(reply);
    // The second of two flows.
    machine.libc.results[call] = [call === "socket" ? 10 : 0, { errno: EACCES }];
    const options = { ...defaults, flows: 2 };
    const failed = assertThrows(() => new Run(machine.libc, numbered, options), QueryError);
    assertEquals(failed.reason, "unreachable");
    assertEquals(failed.message, `Cannot ${action} 127.0.0.1:123: error ${EACCES}`);
    assertEquals(machine.libc.argsOf("close").length, call === "socket" ? 1 : 2);
  }
});

Deno.test("a run whose flow can get no new socket closes each socket once", async () => {
  using machine = new LoadMachine(() => undefined);
  machine.libc.results["socket"] = [10, { errno: EACCES }];
  const run = new Run(machine.libc, anonymous, { ...defaults, requests: 10 });
  await assertRejects(() => run.run(10), QueryError, "Cannot open a socket to 127.0.0.1:123");
  const closed = machine.libc.argsOf("close").map(([descriptor]) => descriptor);
  assertEquals(closed.filter((descriptor) => descriptor !== -1), [10]);
});
