import { assertEquals, assertThrows } from "@std/assert";
import { RealtimeClock } from "../../../src/clock/realtime_clock.ts";
import { refusal } from "../../../src/protocols/responder.ts";
import {
  EAGAIN,
  EBADF,
  EFAULT,
  EINTR,
  EINVAL,
  ENOBUFS,
  ENOTSOCK,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
} from "../../../src/system/libc.ts";
import { Counters, type Totals } from "../../../src/transports/counters.ts";
import type { DatagramHandler } from "../../../src/transports/exchange.ts";
import { Channel } from "../../../src/transports/mmsg/channel.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";
import { FakeLibc, type Incoming, INTERFACE } from "../../support/fake_libc.ts";

const NOW = { seconds: 1_700_000_000, nanoseconds: 123_456_789 };
const STAMP = { seconds: 2 ** 33 + 5, nanoseconds: 999_999_999 };
const CLIENT = [192, 0, 2, 9];
const SERVER = [192, 0, 2, 1];
const CLIENT6 = [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 9];
const SERVER6 = [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1];

interface TestChannelOptions {
  readonly isWildcard?: boolean;
  readonly handle?: (request: Uint8Array) => number;
}

/** A channel on a fake socket, and what happened to its datagrams. */
class TestChannel implements Disposable {
  readonly libc = new FakeLibc();
  readonly counters = new Counters();
  readonly failures: string[] = [];
  /** The ports of the senders whose requests the channel itself refused. */
  readonly refused: [port: number, refusal: number][] = [];
  /** The arrival of each request, in nanoseconds since 1970. */
  readonly arrivals: bigint[] = [];
  /** The first octets of the requests whose replies were finished together. */
  readonly finished: number[][] = [];
  /** The address of each sender as numbers, and its port. */
  readonly senders: [words: number[], port: number][] = [];
  /** How many batches have begun. */
  begun = 0;
  readonly stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #channel: Channel;

  constructor({ isWildcard = false, handle }: TestChannelOptions = {}) {
    this.libc.now = { ...NOW };
    this.#channel = new Channel(this.libc, {
      descriptor: 3,
      isWildcard,
      handler: makeHandler(this, handle),
      counters: this.counters,
      clock: new RealtimeClock(this.libc),
      stop: this.stop,
    });
  }

  /** Serves one batch, and returns the datagrams that it sent. */
  serve(...batch: readonly Incoming[]): FakeLibc["sent"] {
    this.libc.batches.push(batch);
    this.#channel.serve(MSG_DONTWAIT);
    return this.libc.sent.splice(0);
  }

  /** Serves one receive that fails. */
  fail(errno: number): void {
    this.libc.batches.push({ errno });
    this.#channel.serve(MSG_WAITFORONE);
  }

  /** The counters that are not 0, and the refusals. */
  get counted(): Record<string, number> {
    const { refused, ...counts }: Totals = this.counters.totals();
    return Object.fromEntries(Object.entries({ ...counts, ...refused }).filter(([, n]) => n > 0));
  }

  [Symbol.dispose](): void {
    this.libc[Symbol.dispose]();
  }
}

/** Echoes the request, unless `handle` returns something else. */
function makeHandler(
  test: TestChannel,
  handle: TestChannelOptions["handle"],
): DatagramHandler {
  return {
    begin: () => test.begun++,
    handle({ request, reply, arrival, source }): number {
      const words = new Uint32Array(4);
      source.readAddress(words);
      test.senders.push([[...words], source.port]);
      test.arrivals.push(BigInt(arrival.seconds) * 1_000_000_000n + BigInt(arrival.nanoseconds));
      reply.set(request.subarray(0, reply.length));
      return handle?.(request) ?? request.length;
    },
    finish(batch, first, end): void {
      test.finished.push(batch.slice(first, end).map(({ request }) => request[0] ?? -1));
    },
    refused: ({ source }, refusal) => test.refused.push([source.port, refusal]),
    failed: (operation, error) => test.failures.push(`${operation}: ${(error as Error).message}`),
  };
}

const ns = ({ seconds, nanoseconds }: typeof NOW): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);

function datagram(payload: number[], more: Partial<Incoming> = {}): Incoming {
  return { payload: Uint8Array.from(payload), from: CLIENT, port: 5000, stamp: STAMP, ...more };
}

function unstamped(payload: number[], more: Partial<Incoming> = {}): Incoming {
  const { stamp: _stamp, ...rest } = datagram(payload, more);
  return rest;
}

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
