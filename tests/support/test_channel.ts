/** A channel of the mmsg transport on a fake socket. */
import { RealtimeClock } from "../../src/clock/kernel_clocks.ts";
import { MSG_DONTWAIT, MSG_WAITFORONE } from "../../src/system/libc.ts";
import { Counters, type Totals } from "../../src/transports/counters.ts";
import type { DatagramHandler } from "../../src/transports/exchange.ts";
import { Channel } from "../../src/transports/mmsg/channel.ts";
import { FakeLibc, type Incoming } from "./fake_libc.ts";

export const NOW = { seconds: 1_700_000_000, nanoseconds: 123_456_789 };
export const STAMP = { seconds: 2 ** 33 + 5, nanoseconds: 999_999_999 };
export const CLIENT = [192, 0, 2, 9];
export const SERVER = [192, 0, 2, 1];
export const CLIENT6 = [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 9];
export const SERVER6 = [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1];

interface TestChannelOptions {
  readonly isWildcard?: boolean;
  readonly handle?: (request: Uint8Array) => number;
}

/** A channel on a fake socket, and what happened to its datagrams. */
export class TestChannel implements Disposable {
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
  /** The number of batches that have begun. */
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

export const ns = ({ seconds, nanoseconds }: typeof NOW): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);

export function datagram(payload: number[], more: Partial<Incoming> = {}): Incoming {
  return { payload: Uint8Array.from(payload), from: CLIENT, port: 5000, stamp: STAMP, ...more };
}

export function unstamped(payload: number[], more: Partial<Incoming> = {}): Incoming {
  const { stamp: _stamp, ...rest } = datagram(payload, more);
  return rest;
}
