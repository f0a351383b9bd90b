/**
 * The loop of one thread: takes what has come in one system call, has each
 * datagram answered, and sends the answers. Nothing in it allocates, and
 * nothing passes messages.
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

/** A socket, and who answers what comes to it. */
export interface LoopListener {
  /** Its file descriptor. */
  readonly descriptor: number;
  /** Whether it is bound to all addresses, and answers from the one that was asked. */
  readonly isWildcard: boolean;
  /** Who answers; the arrival is written when it is called, and it must not wait. */
  readonly handler: DatagramHandler;
}

/** Options for {@linkcode runLoop}. */
export interface LoopOptions {
  /** The sockets. */
  readonly listeners: readonly LoopListener[];
  /** Where every datagram is counted. */
  readonly counters: Counters;
  /** The clock that the handlers read. */
  readonly clock: RealtimeClock;
  /** A word of shared memory; the loop ends when it is not 0. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** Called when answers have left: for what need not be done between the clock's reading and that. */
  readonly afterBatch?: (() => void) | undefined;
}

/**
 * Answers until it is told to stop: blocks the thread.
 *
 * @throws {SyscallError} If a socket is none any more, or the memory is not right
 */
export function runLoop(libc: Libc, options: LoopOptions): void {
  const { listeners, afterBatch = () => {}, ...shared } = options;
  const { stop } = shared;
  const channels = listeners.map((listener) => new Channel(libc, { ...listener, ...shared }));
  const [only] = channels;
  if (only !== undefined && channels.length === 1) {
    // Alone, a socket can be waited on by the very call that receives.
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
