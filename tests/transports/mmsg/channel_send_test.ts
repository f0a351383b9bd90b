import { assertEquals } from "@std/assert";
import { EAGAIN, EINTR, ENOBUFS, MSG_DONTWAIT } from "../../../src/system/libc.ts";
import type { Incoming } from "../../support/fake_libc.ts";

import { datagram, NOW, TestChannel, unstamped } from "../../support/test_channel.ts";

/** A batch of datagrams that came before the last replies had left. */
function queued(count: number): Incoming[] {
  const stamp = { seconds: NOW.seconds - 1, nanoseconds: 0 };
  return Array.from({ length: count }, (_, i) => datagram([i + 1], { stamp }));
}

Deno.test("each reply leaves alone, and shares a call only while requests come faster than that", () => {
  using channel = new TestChannel();
  const { libc, finished } = channel;
  /** How many replies each call had, which must be those that were finished together. */
  const serve = (...batch: readonly Incoming[]): number[] => {
    assertEquals(channel.serve(...batch).length, batch.length);
    const counts = libc.argsOf("sendmmsg").map(([, , count]) => count as number);
    libc.calls.length = 0;
    assertEquals(finished.splice(0).map(({ length }) => length), counts);
    return counts;
  };
  const shares = Array.from({ length: 18 }, () => serve(...queued(64)).slice(0, -1));
  shares.forEach((counts, i) => assertEquals(new Set(counts), new Set([Math.min(i + 1, 16)])));
  assertEquals(serve(...queued(20)), [16, 4]);
  // The first of these came when nothing was left to do.
  assertEquals(serve(datagram([1]), ...queued(2)), [1, 1, 1]);
  assertEquals(serve(...queued(62)).length, 62);
  assertEquals(serve(...queued(3)), [2, 1]);
  assertEquals(serve(unstamped([1]), ...queued(2)), [1, 1, 1]);
});

Deno.test("replies that cannot be sent are counted one by one, and delay no other", () => {
  using channel = new TestChannel();
  const { sends } = channel.libc;
  channel.serve(...queued(64));
  for (let i = 0; i < 5; i++) channel.serve(...queued(64));
  const { answered } = channel.counted;
  channel.libc.calls.length = 0;
  // Two leave, the third cannot, a signal comes, two more leave, the sixth cannot, the seventh does.
  sends.push(2, { errno: ENOBUFS }, { errno: EINTR }, 2, { errno: EAGAIN }, 1);
  const sent = channel.serve(...queued(8));
  assertEquals(sent.map(({ payload }) => payload[0]), [1, 2, 4, 5, 7, 8]);
  assertEquals(channel.counted, { received: 392, answered: (answered ?? 0) + 6, sendErrors: 2 });
  assertEquals(channel.failures, [
    `send: error ${ENOBUFS} (os error ${ENOBUFS})`,
    `send: error ${EAGAIN} (os error ${EAGAIN})`,
  ]);
  // Nothing is waited for, and the errors of one batch are not those of the next.
  const calls = channel.libc.argsOf("sendmmsg");
  assertEquals(calls.map(([descriptor, , count, flags]) => [descriptor, count, flags]), [
    [3, 7, MSG_DONTWAIT],
    [3, 5, MSG_DONTWAIT],
    [3, 4, MSG_DONTWAIT],
    [3, 4, MSG_DONTWAIT],
    [3, 2, MSG_DONTWAIT],
    [3, 1, MSG_DONTWAIT],
    [3, 1, MSG_DONTWAIT],
  ]);
  assertEquals(channel.serve(datagram([8])).length, 1);
});

Deno.test("a call that sends nothing counts as an error, so that the rest of the batch is sent", () => {
  using channel = new TestChannel();
  channel.libc.sends.push(0);
  assertEquals(channel.serve(datagram([1]), datagram([2])).map(({ payload }) => payload[0]), [2]);
  assertEquals(channel.counted, { received: 2, answered: 1, sendErrors: 1 });
});
