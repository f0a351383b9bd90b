/**
 * The loop of one thread: receives datagrams in one system call, has each handled,
 * and sends the replies in another. Nothing in it allocates or passes messages.
 */
import type { Counters } from "../counters.ts";
import type { DatagramHandler } from "../exchange.ts";
import { Channel } from "./channel.ts";
import type { RealtimeClock } from "../../clock/realtime_clock.ts";
import {
  EINTR,
  type Libc,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
  POLLFD,
  POLLIN,
  zeroed,
} from "../../system/libc.ts";
import { WAIT_MS } from "./socket.ts";

export interface LoopListener {
  readonly descriptor: number;
  /** Whether it is bound to all addresses: each reply then leaves from the address that was queried. */
  readonly isWildcard: boolean;
  /** Called with the arrival time written; must not return a promise. */
  readonly handler: DatagramHandler;
}

export interface LoopOptions {
  readonly listeners: readonly LoopListener[];
  readonly counters: Counters;
  /** The clock that the handlers read. */
  readonly clock: RealtimeClock;
  /** A word of shared memory; the loop ends when it is no longer 0. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** Called after each batch, for work that must not delay its replies. */
  readonly afterBatch?: (() => void) | undefined;
}

/** Serves until `stop` is set: blocks the thread. Throws a `SyscallError` if a socket was closed. */
export function runLoop(libc: Libc, options: LoopOptions): void {
  const { listeners, afterBatch = () => {}, ...shared } = options;
  const { stop } = shared;
  const channels = listeners.map((listener) => new Channel(libc, { ...listener, ...shared }));
  const [only] = channels;
  if (only !== undefined && channels.length === 1) {
    // A single socket can be waited for by the very call that receives.
    while (Atomics.load(stop, 0) === 0) {
      only.serve(MSG_WAITFORONE);
      afterBatch();
    }
  } else {
    pollAll(libc, { listeners, channels, stop, afterBatch });
  }
}

function pollAll(
  libc: Libc,
  { listeners, channels, stop, afterBatch }:
    & Pick<LoopOptions, "listeners" | "stop">
    & { readonly channels: readonly Channel[]; readonly afterBatch: () => void },
): void {
  const sockets = zeroed(channels.length * POLLFD.size);
  const view = new DataView(sockets.buffer);
  listeners.forEach(({ descriptor }, i) => {
    view.setInt32(i * POLLFD.size + POLLFD.descriptor, descriptor, true);
    view.setInt16(i * POLLFD.size + POLLFD.events, POLLIN, true);
  });
  while (Atomics.load(stop, 0) === 0) {
    const ready = libc.call.poll(sockets, BigInt(channels.length), WAIT_MS);
    if (ready < 0 && libc.errno() !== EINTR) libc.check("wait for datagrams", ready);
    for (let i = 0; i < channels.length && ready > 0; i++) {
      if (view.getInt16(i * POLLFD.size + POLLFD.result, true) !== 0) {
        channels[i]?.serve(MSG_DONTWAIT);
        afterBatch();
      }
    }
  }
}
