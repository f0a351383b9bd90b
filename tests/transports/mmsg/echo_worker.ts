/** A thread that runs the loop with a handler of the tests' own. */
import { RealtimeClock } from "../../../src/clock/kernel_clocks.ts";
import { refusal } from "../../../src/protocols/responder.ts";
import { Counters } from "../../../src/transports/counters.ts";
import type { Exchange } from "../../../src/transports/exchange.ts";
import { openLibc } from "../../../src/system/libc.ts";
import { runLoop } from "../../../src/transports/mmsg/loop.ts";

/** The setup of the thread. */
export interface EchoJob {
  readonly descriptors: readonly number[];
  readonly counters: SharedArrayBuffer;
  readonly stop: SharedArrayBuffer;
}

const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<EchoJob>) => void;
  postMessage(said: string): void;
};

function handle({ request, reply, arrival, source }: Exchange): number {
  const [first] = request;
  if (first === 0x74) throw new Error(`thrown for ${source.hostname}`);
  if (first === 0x72) return refusal("mode");
  if (first === 0x6c) {
    return new TextEncoder().encodeInto(`length ${request.length}`, reply).written;
  }
  if (first === 0x77) {
    const told = arrival.seconds + arrival.nanoseconds / 1e9;
    return new TextEncoder().encodeInto(`${told}`, reply).written;
  }
  reply.set(request);
  return request.length;
}

thread.onmessage = ({ data: { descriptors, counters, stop } }) => {
  const failed = (operation: string, error: unknown): void =>
    thread.postMessage(`${operation}: ${(error as Error).message}`);
  const listeners = descriptors.map((descriptor) => ({
    descriptor,
    isWildcard: false,
    counters: new Counters(counters),
    handler: { begin: () => {}, handle, finish: () => {}, refused: () => {}, failed },
  }));
  using libc = openLibc();
  try {
    runLoop(libc, {
      clock: new RealtimeClock(libc),
      listeners,
      stop: new Int32Array(stop),
    });
    thread.postMessage("ended");
  } catch (error) {
    thread.postMessage(`died: ${(error as Error).message}`);
  }
};
