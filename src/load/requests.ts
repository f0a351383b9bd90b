/** Requests laid out for one system call: as separate messages, or as one that the kernel cuts into datagrams. */
import { CMSGHDR, CONTROL_LENGTH_WORD, IOVEC, layOutBatch } from "../system/batch.ts";
import { type Libc, MSG_DONTWAIT, SOL_UDP, UDP_SEGMENT } from "../system/libc.ts";

/** Requests per system call at most: as many as the kernel cuts one message into. */
export const MAX_BURST = 64;

export interface Requests {
  /** All of them, to be made unique. */
  readonly payload: DataView<ArrayBuffer>;
  readonly stride: number;
  /** Sends the first `count` from a connected socket, and returns how many left, or -1 with errno set. */
  readonly send: (descriptor: number, count: number) => number;
}

/** Lays out {@linkcode MAX_BURST} requests as one message each. */
export function separateRequests(libc: Libc, request: Uint8Array): Requests {
  // An empty request still needs an address.
  const stride = Math.max(request.length, 1);
  const batch = layOutBatch(MAX_BURST, stride);
  const vectors = new DataView(batch.vectors.buffer);
  for (let i = 0; i < MAX_BURST; i++) {
    batch.payload.set(request, i * stride);
    vectors.setBigUint64(i * IOVEC.size + IOVEC.length, BigInt(request.length), true);
  }
  return {
    payload: new DataView(batch.payload.buffer),
    stride,
    send: (descriptor, count) => libc.call.sendmmsg(descriptor, batch.headers, count, MSG_DONTWAIT),
  };
}

/**
 * Lays out {@linkcode MAX_BURST} requests as one message that the kernel cuts into datagrams (`UDP_SEGMENT`,
 * udp(7)), which needs a fraction of the CPU time. The request must not be empty.
 */
export function segmentedRequests(libc: Libc, request: Uint8Array): Requests {
  const stride = request.length;
  const batch = layOutBatch(1, MAX_BURST * stride, { control: true });
  for (let i = 0; i < MAX_BURST; i++) batch.payload.set(request, i * stride);
  const control = new DataView(batch.control.buffer);
  const { size } = CMSGHDR;
  control.setBigUint64(CMSGHDR.length, BigInt(size + 2), true);
  control.setInt32(CMSGHDR.level, SOL_UDP, true);
  control.setInt32(CMSGHDR.type, UDP_SEGMENT, true);
  control.setUint16(size, stride, true);
  batch.words[CONTROL_LENGTH_WORD] = size + 8;
  const lengths = new Uint32Array(batch.vectors.buffer);
  return {
    payload: new DataView(batch.payload.buffer),
    stride,
    send(descriptor, count): number {
      lengths[IOVEC.length / 4] = count * stride;
      const sent = libc.call.sendmmsg(descriptor, batch.headers, 1, MSG_DONTWAIT);
      return sent === 1 ? count : sent;
    },
  };
}
