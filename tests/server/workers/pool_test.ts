/** The pool of workers, by fake time, with threads and sockets that do what a test says. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServedPage } from "../../../src/clock/page.ts";
import { allocateClients } from "../../../src/server/clients/client_table.ts";
import {
  FAILURE_LINE,
  LineLimiter,
  REFUSAL_LINE,
  REQUEST_LINE,
} from "../../../src/server/log/line_limiter.ts";
import type { WorkerSetup } from "../../../src/server/workers/setup.ts";
import { counter, Counters } from "../../../src/transports/counters.ts";
import { EACCES, EMFILE } from "../../../src/system/libc.ts";
import { FIRST_DESCRIPTOR } from "../../support/fake_libc.ts";
import { guard, services, TestPool } from "../../support/test_pool.ts";

const endpoint = { protocol: "ntp", hostname: "127.0.0.1", port: 123 } as const;
const source = { hostname: "192.0.2.9", port: 5000 };

function admitted(setup: WorkerSetup | undefined, requests: number): number {
  const limiter = new LineLimiter(setup?.limiter);
  return Array.from({ length: requests }, () => limiter.admit(REQUEST_LINE)).filter(Boolean).length;
}

Deno.test("each worker gets a socket of each listener, its page, and memory of its own", async () => {
  const clients = [allocateClients(16), allocateClients(32)];
  const test = new TestPool({ size: 2, receiveQueueKib: 64, clients });
  const { pool, libc, threads } = test;
  const pages = [new ServedPage(), new ServedPage()];
  const [first, second] = pages.map(({ buffer }) => buffer) as [
    SharedArrayBuffer,
    SharedArrayBuffer,
  ];
  const ntp = pool.listen({ ...endpoint, port: 0 }, first);
  libc.port = 868;
  const time = pool.listen({ ...endpoint, protocol: "time", port: 868 }, second);
  assertEquals([ntp.port, time.port], [4242, 868]);
  assertEquals(pool.isComplete, false);
  await test.start();
  assertEquals(pool.isComplete, true);
  for (const [i, { setup }] of threads.entries()) {
    const listeners = setup?.listeners ?? [];
    assertEquals(listeners.map(({ counters: _memory, ...listener }) => listener), [
      { descriptor: FIRST_DESCRIPTOR + i, endpoint: { ...endpoint, port: 4242 }, page: first },
      {
        descriptor: FIRST_DESCRIPTOR + 2 + i,
        endpoint: { ...endpoint, protocol: "time", port: 868 },
        page: second,
      },
    ]);
    assertEquals([setup?.services, setup?.guard, setup?.logsRequests], [services, guard, true]);
    assertEquals(setup?.clients, clients[i]);
    listeners.forEach(({ counters }, j) =>
      new Counters(counters).count(counter.received, 10 * j + i + 1)
    );
  }
  const received = [ntp, time].map(({ counters }) =>
    counters.map((each) => each.totals().received)
  );
  assertEquals(received, [[1, 2], [11, 12]]);
  assertEquals(test.warnings, []);
  libc.calls.length = 0;
  // The sockets are closed when nobody uses them any longer, and only then.
  const ending = pool.shutdown();
  assertEquals(threads.map(({ isStopped }) => isStopped), [true, true]);
  const descriptors = [0, 2, 1, 3].map((i) => FIRST_DESCRIPTOR + i);
  assertEquals(libc.argsOf("shutdown").map(([descriptor]) => descriptor), descriptors);
  threads[0]?.say({ event: "stopped" });
  await test.time.advance(999);
  assertEquals(libc.argsOf("close"), []);
  threads[1]?.say({ event: "stopped" });
  await ending;
  assertEquals(libc.argsOf("close"), descriptors.map((descriptor) => [descriptor]));
  assertEquals([pool.isComplete, threads.map((each) => each.isTerminated)], [false, [true, true]]);
});

Deno.test("no worker is started without descriptors for all of them, nor a successor without its own", async () => {
  const test = new TestPool({ size: 2 });
  const { pool, libc } = test;
  pool.listen(endpoint, new ServedPage().buffer);
  const many = Array.from({ length: 23 }, (_, i) => 100 + i);
  libc.calls.length = 0;
  libc.results["socket"] = [...many, { errno: EMFILE }];
  await assertRejects(
    () => pool.start(),
    Error,
    "Cannot start 2 worker threads: too few file descriptors are free (ulimit -n), expected 24",
  );
  assertEquals([test.threads, libc.argsOf("close")], [[], many.map((each) => [each])]);
  await test.start();
  libc.results["socket"] = [...many.slice(0, 11), { errno: EMFILE }];
  test.last.throw("gone");
  await test.time.advance(100);
  assertEquals([test.threads.length, pool.isComplete], [2, false]);
  assertEquals(test.warnings.slice(1), [
    "A worker thread died and is replaced in 0.2 s: Cannot start 1 worker thread: " +
    "too few file descriptors are free (ulimit -n), expected 12",
  ]);
  // Where no such socket may be opened, the number of descriptors is unknown.
  libc.results["socket"] = [{ errno: EACCES }];
  await test.time.advance(200);
  assertEquals(test.threads.length, 3);
  await test.shutdown();
});

Deno.test("a worker that does not end within a second is ended", async () => {
  const test = new TestPool();
  await test.start();
  let isOver = false;
  const ending = test.pool.shutdown().then(() => isOver = true);
  await test.time.advance(999);
  assertEquals([isOver, test.last.isTerminated], [false, false]);
  await test.time.advance(1);
  assertEquals([isOver, test.last.isTerminated], [true, true]);
  await ending;
});

Deno.test("a worker reports twenty lines per second, and each that it suppresses is counted once", async () => {
  const test = new TestPool();
  await test.start();
  const { setup } = test.last;
  const nothing = { requests: 0, failures: 0, refusals: 0 };
  assertEquals(admitted(setup, 25), 20);
  await test.time.advance(999);
  assertEquals([admitted(setup, 2), test.messages], [0, []]);
  await test.time.advance(1);
  assertEquals(test.messages.splice(0), [["suppressed", { ...nothing, requests: 7 }]]);
  assertEquals(admitted(setup, 21), 20);
  const limiter = new LineLimiter(setup?.limiter);
  limiter.admit(FAILURE_LINE);
  // Refused requests have a limit of their own.
  assertEquals(Array.from({ length: 22 }, () => limiter.admit(REFUSAL_LINE)).indexOf(false), 20);
  await test.time.advance(3000);
  const expected = [{ requests: 1, failures: 1, refusals: 2 }, nothing, nothing];
  assertEquals(test.messages.splice(0), expected.map((each) => ["suppressed", each]));
  // The last second counts too, and the last of all.
  admitted(setup, 24);
  await test.shutdown();
  assertEquals(test.messages, [["suppressed", { ...nothing, requests: 4 }]]);
  await assertRejects(() => test.time.run(new Promise(() => {})), Error, "Nothing waits");
});

Deno.test("workers report what the log has, and the first error of a responder in any case", async () => {
  const request = new Uint8Array(48);
  for (
    const [logsRequests, logsRefusals] of [[true, true], [true, false], [false, false]] as const
  ) {
    const errors: unknown[] = [];
    const onError = (at: unknown, { message }: Error): void => void errors.push([at, message]);
    const test = new TestPool({ onError }, { logsRequests, logsRefusals });
    await test.start();
    const { setup } = test.last;
    assertEquals([setup?.logsRequests, setup?.logsRefusals], [logsRequests, logsRefusals]);
    await test.time.advance(1000);
    assertEquals(test.messages.length, logsRequests ? 1 : 0);
    test.messages.length = 0;
    test.last.say({ event: "request", endpoint, source, request });
    test.last.say({ event: "request", endpoint, source, request, cause: "denied" });
    test.last.say({ event: "failed", endpoint, operation: "send", message: "no route" });
    test.last.say({ event: "error", endpoint, message: "out of luck" });
    assertEquals(test.messages, [
      ["request", endpoint, source, request],
      ["refused", endpoint, source, request, "denied"],
      ["failed", endpoint, "send", "no route"],
    ]);
    assertEquals(errors, [[endpoint, "out of luck"]]);
    await test.shutdown();
  }
});

Deno.test("a worker that dies is replaced after pauses that double up to ten seconds", async () => {
  const test = new TestPool();
  const { time, threads, pool } = test;
  pool.listen(endpoint, new ServedPage().buffer);
  await test.start();
  const { setup } = test.last;
  const pauses = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
  for (const [i, pauseMs] of pauses.entries()) {
    const dead = test.last;
    // It dies in each way: by an error that is caught, by another one, and before it is ready.
    if (i % 3 === 0) dead.say({ event: "died", cause: "out of luck\n  at line 5" });
    else assert(dead.throw("out of luck\n  at line 5"));
    assertEquals([dead.isTerminated, pool.isComplete], [true, false]);
    await time.advance(pauseMs - 1);
    assertEquals(threads.length, i + 1);
    await time.advance(1);
    assertEquals([threads.length, test.last.setup], [i + 2, setup]);
    if (i % 3 !== 1) test.last.say({ event: "ready" });
    assertEquals(pool.isComplete, true);
  }
  assertEquals(
    test.warnings,
    pauses.map((ms, i) =>
      `A worker thread died and is replaced in ${ms / 1000} s: ` +
      `${i % 3 === 2 ? "Cannot start a worker thread: " : ""}out of luck`
    ),
  );
  test.last.say({ event: "ready" });
  await test.shutdown();
});

Deno.test("a worker that ran for more than thirty seconds died of another cause than its predecessor", async () => {
  const test = new TestPool();
  const { time, threads } = test;
  await test.start();
  for (const [ranMs, pauseMs] of [[0, 100], [30_000, 200], [30_001, 100], [29_999, 200]] as const) {
    await time.advance(ranMs);
    test.last.say({ event: "died", cause: "" });
    const { length } = threads;
    await time.advance(pauseMs - 1);
    assertEquals(threads.length, length, `after ${ranMs} ms`);
    await time.advance(1);
    assertEquals(threads.length, length + 1, `after ${ranMs} ms`);
    test.last.say({ event: "ready" });
    await time.advance(0);
  }
  await test.shutdown();
});

Deno.test("no worker is started once the pool is shut down", async () => {
  for (const isReady of [true, false]) {
    const test = new TestPool();
    await test.start();
    test.last.say({ event: "died", cause: "" });
    if (!isReady) await test.time.advance(100);
    // Nobody is there to be waited for, or somebody who never says a word.
    const ending = test.pool.shutdown();
    await test.time.advance(1000);
    await ending;
    assertEquals(test.threads.length, isReady ? 1 : 2);
    assertEquals(test.warnings.length, 1);
    await assertRejects(() => test.time.run(new Promise(() => {})), Error, "Nothing waits");
  }
});

Deno.test("a worker that dies while the pool is shut down has ended", async () => {
  const test = new TestPool();
  await test.start();
  const ending = test.pool.shutdown();
  test.last.throw("out of luck");
  await ending;
  assertEquals([test.threads.length, test.warnings], [1, []]);
});

Deno.test("threads that were prepared get their work at the start, and none is opened twice", async () => {
  const test = new TestPool({ size: 2 });
  test.pool.prepare();
  assertEquals(test.threads.map(({ setup }) => setup), [undefined, undefined]);
  const [page] = [new ServedPage().buffer];
  test.pool.listen(endpoint, page);
  // One that dies before its work is replaced at once.
  test.last.say({ event: "died", cause: "out of memory" });
  await test.start();
  assertEquals(test.threads.map(({ setup }) => setup?.listeners.length), [1, undefined, 1]);
  assertEquals([test.pool.isComplete, test.warnings], [true, []]);
  await test.shutdown();
});

Deno.test("threads that were prepared for nothing are ended at once", async () => {
  const test = new TestPool({ size: 2 });
  test.pool.prepare();
  await test.pool.shutdown();
  assertEquals(test.threads.map(({ isTerminated }) => isTerminated), [true, true]);
  assertEquals(test.time.monotonicMs(), 0);
});

Deno.test("a pool does not start if a worker dies before it is ready", async () => {
  const test = new TestPool({ size: 2 });
  const starting = test.pool.start();
  test.threads[0]?.say({ event: "ready" });
  test.threads[1]?.throw("no memory\n  at line 5");
  const error = await assertRejects(() => starting, Error);
  assertEquals(error.message, "Cannot start a worker thread: no memory");
  assertEquals([test.threads.length, test.warnings, test.pool.isComplete], [2, [], false]);
  await test.shutdown();
});

Deno.test("a pool warns once of a receive queue shorter than the one that was requested", () => {
  const table: [wanted: number | undefined, warning: string | undefined][] = [
    [undefined, undefined],
    [208, undefined],
    [4, undefined],
    [
      209,
      "The receive queue is 208 KiB instead of 209: sysctl net.core.rmem_max=214016 allows it",
    ],
  ];
  for (const [receiveQueueKib, warning] of table) {
    const test = new TestPool({ receiveQueueKib });
    using _ = test.libc;
    const page = new ServedPage().buffer;
    for (let i = 0; i < 2; i++) test.pool.listen(endpoint, page);
    assertEquals(test.warnings, warning === undefined ? [] : [warning]);
  }
});
