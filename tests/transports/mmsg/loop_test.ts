/** The loop of a thread, on sockets that do what a test says. */
import { assertEquals, assertThrows } from "@std/assert";
import { RealtimeClock } from "../../../src/clock/kernel_clocks.ts";
import { EBADF, EINTR, MSG_DONTWAIT, MSG_WAITFORONE, POLLIN } from "../../../src/system/libc.ts";
import { Counters } from "../../../src/transports/counters.ts";
import { runLoop } from "../../../src/transports/mmsg/loop.ts";
import { FakeLibc, type Incoming } from "../../support/fake_libc.ts";

const request: Incoming = { payload: Uint8Array.of(1), from: [192, 0, 2, 9], port: 5000 };

interface Run {
  readonly libc: FakeLibc;
  /** How often something was done after a batch, at each wait. */
  readonly flushed: number[];
}

/** Runs a loop on some sockets until it has waited this many times. */
function run(
  descriptors: readonly number[],
  waits: number,
  prepare: (libc: FakeLibc) => void,
): Run {
  using libc = new FakeLibc();
  prepare(libc);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const flushed: number[] = [];
  let flushes = 0;
  const { onWait } = libc;
  libc.onWait = () => {
    flushed.push(flushes);
    if (flushed.length > waits) throw new Error("It goes on after it was stopped");
    if (flushed.length === waits) stop[0] = 1;
    onWait();
  };
  const handler = {
    begin: () => {},
    handle: () => 1,
    finish: () => {},
    refused: () => {},
    failed: () => {},
  };
  const own = { isWildcard: false, handler, counters: new Counters() };
  const listeners = descriptors.map((descriptor) => ({ descriptor, ...own }));
  const shared = { clock: new RealtimeClock(libc), stop };
  runLoop(libc, { listeners, ...shared, afterBatch: () => flushes++ });
  return { libc, flushed };
}

Deno.test("a loop with one socket waits in its receive, and ends when it is stopped", () => {
  const { libc, flushed } = run([5], 3, ({ batches }) => batches.push([request], [], [request]));
  const received = libc.argsOf("recvmmsg").map(([descriptor, , , flags]) => [descriptor, flags]);
  assertEquals(received, Array(3).fill([5, MSG_WAITFORONE]));
  assertEquals([libc.sent.length, flushed, libc.argsOf("poll")], [2, [0, 1, 2], []]);
});

Deno.test("a loop with several sockets receives from those that have something, without waiting", () => {
  const polls = [[false, true, true], [true, false, false], [false, false, false]];
  const sets: unknown[] = [];
  const { libc } = run([5, 6, 7], 7, (libc) => {
    libc.results.poll = [2, 1, 0, { errno: EINTR }];
    libc.onWait = () => {
      const [sockets, count, timeoutMs] = libc.calls.at(-1)?.args as [Uint8Array, bigint, number];
      if (typeof count !== "bigint") return;
      const view = new DataView(sockets.buffer);
      const ready = polls.shift() ?? [true, true, true];
      sets.push([count, timeoutMs]);
      ready.forEach((isReady, i) => {
        sets.push([view.getInt32(8 * i, true), view.getInt16(8 * i + 4, true)]);
        // Even an error is found by receiving.
        view.setInt16(8 * i + 6, isReady ? i === 1 ? 8 : POLLIN : 0, true);
      });
    };
  });
  const each = [[3n, 200], [5, POLLIN], [6, POLLIN], [7, POLLIN]];
  assertEquals(sets, [...each, ...each, ...each, ...each]);
  const received = libc.argsOf("recvmmsg").map(([descriptor, , , flags]) => [descriptor, flags]);
  // What an interrupted call leaves behind says nothing.
  assertEquals(received, [6, 7, 5].map((descriptor) => [descriptor, MSG_DONTWAIT]));
});

Deno.test("a loop with several sockets ends with the cause when it cannot wait for them", () => {
  assertThrows(
    () => run([5, 6], 9, ({ results }) => results.poll = [{ errno: EBADF }]),
    Error,
    `Cannot wait for datagrams: error ${EBADF} (errno ${EBADF})`,
  );
});

Deno.test("a loop that is stopped before it begins receives nothing", () => {
  using libc = new FakeLibc();
  const stop = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  const handler = {
    begin: () => {},
    handle: () => 1,
    finish: () => {},
    refused: () => {},
    failed: () => {},
  };
  for (const descriptors of [[5], [5, 6], []]) {
    const own = { isWildcard: false, handler, counters: new Counters() };
    const listeners = descriptors.map((descriptor) => ({ descriptor, ...own }));
    const clock = new RealtimeClock(libc);
    runLoop(libc, { listeners, clock, stop });
  }
  assertEquals(libc.calls, []);
});
