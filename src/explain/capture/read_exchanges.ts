import { DatagramStore, TimeOrder } from "./datagram_store.ts";
import { ExchangeFinder, type FoundExchange } from "./exchange_finder.ts";
import {
  type CapturedExchange,
  type FindExchangesOptions,
  findFields,
  mayBelong,
} from "./exchanges.ts";
import { UNNAMED, whole } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { createTally, datagramsIn, framesOf, type Tally } from "./read_capture.ts";
import { OctetQueue } from "./octet_queue.ts";

/** Which exchanges of a capture to return. */
export interface ReadExchangesOptions extends FindExchangesOptions {
  /** The number of the first one, from 1 on; default 1. */
  readonly first?: number | undefined;
  /** The number of the last one; by default the last one there is. All others are only counted. */
  readonly last?: number | undefined;
}

const number = whole(1, Infinity, UNNAMED);

/** The exchanges of a capture that is read while they are iterated over, once. */
export interface ExchangeStream extends AsyncIterable<CapturedExchange> {
  /** The number of exchanges found so far; once the iteration has ended, of all. */
  readonly exchanges: number;
  /** The number of UDP datagrams read so far, those of other services included. */
  readonly datagrams: number;
  /** The number of frames left out so far, by reason; each reason continues a sentence that begins with "frames". */
  readonly skipped: ReadonlyMap<string, number>;
}

/**
 * Finds the exchanges of a capture of any length, piece by piece and in bounded memory: as
 * {@linkcode readCapture} and {@linkcode exchangesOf}, except that a datagram which the file has more than
 * 8192 datagrams too late is taken as the latest, and that a reply belongs to one of the last 65,536 requests.
 *
 * @param pieces The file, such as `(await Deno.open("lan.pcapng")).readable`
 * @param options The protocol and the port, where they are known, and which exchanges to return
 * @returns The exchanges in the order of time; iterating throws a {@linkcode CaptureError} if the file is not a
 * capture, or malformed
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readExchanges } from "@timesrv/timesrv/explain";
 *
 * // Of raw IP: a request to port 37.
 * const file = Uint8Array.fromHex(
 *   "d4c3b2a1020004000000000000000000ffff000065000000" +
 *     "00000000a08601001c0000001c000000" +
 *     "4500001c00000000401100007f0000017f0000010fa0002500080000",
 * );
 * const found = await Array.fromAsync(readExchanges(new Blob([file]).stream()));
 * assertEquals(found.map(({ protocol }) => protocol), ["time"]);
 * ```
 */
export function readExchanges(
  pieces: AsyncIterable<Uint8Array>,
  options: ReadExchangesOptions = {},
): ExchangeStream {
  readOptions({ ...findFields, first: number, last: number }, options, "readExchanges");
  const tally = { ...createTally(), exchanges: 0 };
  return {
    get exchanges(): number {
      return tally.exchanges;
    },
    get datagrams(): number {
      return tally.datagrams;
    },
    skipped: tally.skipped,
    [Symbol.asyncIterator]: () => iterate(pieces, options, tally),
  };
}

async function* iterate(
  pieces: AsyncIterable<Uint8Array>,
  options: ReadExchangesOptions,
  tally: Tally & { exchanges: number },
): AsyncGenerator<CapturedExchange> {
  const store = new DatagramStore();
  const order = new TimeOrder(store);
  const finder = new ExchangeFinder(store, options);
  const input = new OctetQueue();
  const frames = framesOf(input);

  function* takeFound(isEnd: boolean): Generator<CapturedExchange> {
    for (const slot of order.take(isEnd)) {
      finder.add(slot);
      yield* takeExchanges(false);
    }
    if (isEnd) yield* takeExchanges(true);
  }
  function* takeExchanges(isEnd: boolean): Generator<CapturedExchange> {
    const { first = 1, last = Infinity } = options;
    for (let found = finder.take(isEnd); found; found = finder.take(isEnd)) {
      const number = ++tally.exchanges;
      if (number >= first && number <= last) yield copyExchange(found, store);
      if (found.request !== undefined) store.remove(found.request);
      if (found.reply !== undefined) store.remove(found.reply);
    }
  }
  function* takeArrived(): Generator<CapturedExchange> {
    for (const datagram of datagramsIn(frames, tally)) {
      const { from, to, octets } = datagram;
      if (!mayBelong(from.port, to.port, octets, options)) continue;
      order.add(store.add(datagram));
      yield* takeFound(false);
    }
  }

  for await (const piece of pieces) {
    input.push(piece);
    yield* takeArrived();
  }
  input.end();
  yield* takeArrived();
  yield* takeFound(true);
}

function copyExchange(
  { protocol, request, reply }: FoundExchange,
  store: DatagramStore,
): CapturedExchange {
  return {
    protocol,
    ...(request !== undefined && { request: store.datagramOf(request) }),
    ...(reply !== undefined && { reply: store.datagramOf(reply) }),
  };
}
