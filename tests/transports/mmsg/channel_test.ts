import { assertEquals, assertThrows } from "@std/assert";
import { refusal } from "../../../src/protocols/responder.ts";
import {
  EAGAIN,
  EBADF,
  EFAULT,
  EINTR,
  EINVAL,
  ENOBUFS,
  ENOTSOCK,
} from "../../../src/system/libc.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";
import { type Incoming, INTERFACE } from "../../support/fake_libc.ts";

import {
  CLIENT,
  CLIENT6,
  datagram,
  NOW,
  ns,
  SERVER,
  SERVER6,
  STAMP,
  TestChannel,
  unstamped,
} from "../../support/test_channel.ts";

Deno.test("a datagram arrives when the kernel stamped it, or else when it is read", () => {
  using channel = new TestChannel();
  const early = { seconds: -2, nanoseconds: 5 };
  channel.serve(datagram([1]), datagram([2], { stamp: early }), unstamped([3]), datagram([4]));
  assertEquals(channel.arrivals.splice(0), [ns(STAMP), ns(early), ns(NOW), ns(STAMP)]);
  // In the place of one that was stamped, and of one that was not.
  channel.serve(unstamped([5]), unstamped([6]), datagram([7]));
  assertEquals(channel.arrivals, [ns(NOW), ns(NOW), ns(STAMP)]);
  assertEquals(channel.begun, 2);
});

Deno.test("a wildcard replies from the address that was queried, whatever its place had before", () => {
  const to = (local: number[], destination = local): Partial<Incoming> => ({
    from: local.length === 4 ? CLIENT : CLIENT6,
    sentTo: { local, destination },
  });
  for (
    const [server, client, face] of [[SERVER, CLIENT, 0], [SERVER6, CLIENT6, INTERFACE]] as const
  ) {
    using channel = new TestChannel({ isWildcard: true });
    const other = server.with(-1, 77);
    for (let round = 0; round < 2; round++) {
      const sent = channel.serve(
        datagram([1], to([...server])),
        // Without a timestamp, without anything, and as the last.
        unstamped([2], to(other)),
        unstamped([3], { from: client }),
        datagram([4], { ...to([...server]), isSentToFirst: true }),
      );
      assertEquals(
        sent.map(({ payload, to, port, from, interface: by }) => [...payload, to, port, from, by]),
        [1, 2, 4].map((n) => [n, client, 5000, n === 2 ? other : server, face]),
      );
    }
    assertEquals(channel.counted, { received: 8, answered: 6, "not_unicast": 2 });
    assertEquals(channel.arrivals.slice(0, 3), [ns(STAMP), ns(NOW), ns(STAMP)]);
  }
});

Deno.test("a wildcard refuses what went to a group or a broadcast address, and other sockets cannot know", () => {
  const group = [224, 0, 1, 1];
  const group6 = [0xff, 2, ...Array<number>(13).fill(0), 1];
  const table: [from: number[], local: number[], destination: number[]][] = [
    [CLIENT, SERVER, group],
    [CLIENT, SERVER, [255, 255, 255, 255]],
    [CLIENT, SERVER, [192, 0, 2, 255]],
    [CLIENT6, SERVER6, group6],
  ];
  for (const [from, local, destination] of table) {
    const sentTo = { local, destination };
    const unicast = { from, sentTo: { local, destination: local } };
    using channel = new TestChannel({ isWildcard: true });
    const sent = channel.serve(datagram([1], { from, sentTo }), datagram([2], unicast));
    assertEquals(sent.map(({ payload }) => [...payload]), [[2]], `${destination}`);
    assertEquals(channel.counted, { received: 2, answered: 1, "not_unicast": 1 });
    assertEquals(channel.refused, [[5000, refusal("not_unicast")]]);
    using bound = new TestChannel();
    assertEquals(bound.serve(datagram([1], { from, sentTo })).map(({ from }) => from), [undefined]);
  }
});

Deno.test("each reply of a batch has its own receiver and length, beside what is refused or throws", () => {
  using channel = new TestChannel({
    handle(request): number {
      if (request[0] === 2) return refusal("mode");
      if (request[0] === 0) return refusal("declined");
      if (request[0] === 3) throw new Error("thrown");
      if (request[0] === 4) return Promise.resolve(1) as unknown as number;
      return request.length;
    },
  });
  const sent = channel.serve(
    datagram([1, 1, 1]),
    datagram([2]),
    datagram([5], { from: [198, 51, 100, 7], port: 65_535 }),
    datagram([3]),
    datagram([4]),
    datagram([0]),
    datagram([6, 6], { from: CLIENT6, port: 1 }),
    datagram([7, 7, 7, 7], { from: [10, 0, 0, 1], port: 2 }),
  );
  assertEquals(sent.map(({ payload, to, port }) => [[...payload], to, port]), [
    [[1, 1, 1], CLIENT, 5000],
    [[5], [198, 51, 100, 7], 65_535],
    [[6, 6], CLIENT6, 1],
    [[7, 7, 7, 7], [10, 0, 0, 1], 2],
  ]);
  assertEquals(channel.finished, [[1], [5], [6], [7]]);
  const ofIpv4 = (...octets: [number, number, number, number]): number[] => {
    const words = new Uint32Array(4);
    parseIpWords(octets.join("."), words);
    return [...words];
  };
  const client = [ofIpv4(192, 0, 2, 9), 5000];
  assertEquals(channel.senders, [
    client,
    client,
    [ofIpv4(198, 51, 100, 7), 65_535],
    client,
    client,
    client,
    [[0x20010db8, 0, 0, 9], 1],
    [ofIpv4(10, 0, 0, 1), 2],
  ]);
  assertEquals(channel.counted, {
    received: 8,
    answered: 4,
    responderErrors: 1,
    mode: 1,
    declined: 2,
  });
  assertEquals(channel.failures, ["respond: thrown"]);
});

Deno.test("a request is as long as it came, up to its room", () => {
  const lengths: number[] = [];
  using channel = new TestChannel({ handle: ({ length }) => (lengths.push(length), 1) });
  for (const length of [5, 0, 2048, 5, 2049, 65_507]) {
    channel.serve(datagram(Array<number>(length).fill(9)));
  }
  assertEquals(lengths, [5, 0, 2048, 5, 2048, 2048]);
});

Deno.test("the wake-up of a socket that was shut down is no datagram", () => {
  using channel = new TestChannel();
  assertEquals(channel.serve({ payload: new Uint8Array() }), []);
  assertEquals([channel.counted, channel.finished], [{}, []]);
  // Its place has room for an address again.
  assertEquals(channel.serve(datagram([1])).map(({ to }) => to), [CLIENT]);
});

Deno.test("a receive that fails is counted and followed by a pause that doubles, until one succeeds", () => {
  const { wait } = Atomics;
  const pauses: unknown[] = [];
  using channel = new TestChannel();
  try {
    Atomics.wait = ((array: Int32Array, index: number, value: number, ms: number) => {
      assertEquals([array, index, value], [channel.stop, 0, 0]);
      pauses.push(ms);
      return "timed-out";
    }) as typeof Atomics.wait;
    for (const errno of [EAGAIN, EINTR]) channel.fail(errno);
    assertEquals([channel.counted, channel.failures, pauses], [{}, [], []]);
    for (let i = 0; i < 10; i++) channel.fail(ENOBUFS);
    assertEquals(pauses.splice(0), [1, 3, 7, 15, 31, 63, 127, 250, 250, 250]);
    assertEquals(channel.counted, { receiveErrors: 10 });
    assertEquals(channel.failures[9], `receive: error ${ENOBUFS} (os error ${ENOBUFS})`);
    channel.serve(datagram([1]));
    channel.fail(ENOBUFS);
    assertEquals(pauses, [1]);
  } finally {
    Atomics.wait = wait;
  }
});

Deno.test("a receive that can never succeed ends the channel with its cause", () => {
  for (const errno of [EBADF, EFAULT, EINVAL, ENOTSOCK]) {
    using channel = new TestChannel();
    assertThrows(
      () => channel.fail(errno),
      Error,
      `Cannot receive: error ${errno} (errno ${errno})`,
    );
    assertEquals(channel.counted, { receiveErrors: 1 });
  }
});
