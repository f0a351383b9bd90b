/**
 * The loop of one thread: receives datagrams in one system call, has each handled,
 * and sends the replies in another. Nothing in it allocates or passes messages.
 */
import { Channel, type LoopListener, type LoopShared } from "./channel.ts";
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

export interface LoopOptions extends LoopShared {
  readonly listeners: readonly LoopListener[];
  /** Called after each batch, for work that must not delay its replies. */
  readonly afterBatch?: (() => void) | undefined;
}

/** Serves until `stop` is set: blocks the thread. Throws a `SyscallError` if a socket was closed. */
export function runLoop(libc: Libc, options: LoopOptions): void {
  const { listeners, afterBatch, ...shared } = options;
  const { stop } = shared;
  const channels = listeners.map((listener) => new Channel(libc, { ...listener, ...shared }));
  const [only, second] = channels;
  if (only !== undefined && second === undefined) {
    // A single socket can be waited for by the very call that receives.
    while (Atomics.load(stop, 0) === 0) {
      only.serve(MSG_WAITFORONE);
      afterBatch?.();
    }
  } else {
    pollAll(libc, options, channels);
  }
}

function pollAll(
  libc: Libc,
  { listeners, stop, afterBatch }: LoopOptions,
  channels: readonly Channel[],
): void {
  const sockets = zeroed(channels.length * POLLFD.size);
  const view = new DataView(sockets.buffer);
  listeners.forEach(({ descriptor }, i) => {
    view.setInt32(i * POLLFD.size + POLLFD.descriptor, descriptor, true);
    view.setInt16(i * POLLFD.size + POLLFD.events, POLLIN, true);
  });
  while (Atomics.load(stop, 0) === 0) {
    const ready = libc.call.poll(sockets, BigInt(channels.length), WAIT_MS);
    if (ready < 0) {
      if (libc.errno() !== EINTR) libc.check("wait for datagrams", ready);
      continue;
    }
    channels.forEach((channel, i) => {
      if (view.getInt16(i * POLLFD.size + POLLFD.result, true) === 0) return;
      channel.serve(MSG_DONTWAIT);
      afterBatch?.();
    });
  }
}
