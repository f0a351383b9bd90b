/**
 * Messages for `recvmmsg` and `sendmmsg`: the memory layouts of their headers, and batches of them.
 *
 * @module
 */

import { zeroed } from "./libc.ts";

/**
 * Offsets in octets of `struct cmsghdr`: `<bits/socket.h>`, in cmsg(3). The data follows it, and the
 * next header begins at a multiple of 8.
 */
export const CMSGHDR = { size: 16, length: 0, level: 8, type: 12 } as const;

/** Offsets in octets of `struct in_pktinfo`: `<bits/in.h>`, in ip(7). */
export const IN_PKTINFO = { size: 12, interface: 0, local: 4, destination: 8 } as const;

/** Offsets in octets of `struct in6_pktinfo`: `<netinet/in.h>`, in ipv6(7). */
export const IN6_PKTINFO = { size: 20, destination: 0, interface: 16 } as const;

/** Offsets in octets of `struct iovec`: `<bits/types/struct_iovec.h>`, in iovec(3type). */
export const IOVEC = { size: 16, base: 0, length: 8 } as const;

/**
 * Offsets in octets of `struct msghdr`: `<bits/socket.h>`, in recv(2).
 *
 * ```
 *  0       8        12   16     24        32         40             48     52   56
 *  +-------+--------+----+------+---------+----------+--------------+------+----+
 *  | name  | namelen| -- | iov  | iovlen  | control  | controllen   | flags| -- |
 *  +-------+--------+----+------+---------+----------+--------------+------+----+
 * ```
 *
 * musl declares `iovlen` and `controllen` as 32 bits with 32 bits of padding beside them, in the order that makes no
 * difference on a little-endian machine as long as the padding is zero.
 */
export const MSGHDR = {
  size: 56,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
} as const;

/** Offsets in octets of `struct mmsghdr`, a `msghdr` and the length that was moved: `<bits/socket.h>`, in recvmmsg(2). */
export const MMSGHDR = { size: 64, header: 0, length: 56 } as const;

/** Equal buffers for `sendmmsg` and `recvmmsg`, laid out once. */
export interface Batch {
  /** The `struct mmsghdr` array to hand to the call. */
  readonly headers: Uint8Array<ArrayBuffer>;
  /** The same array as 32-bit words: message `i` begins at word `WORDS_PER_HEADER * i`. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** The payloads: buffer `i` starts at `i * stride`. */
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly stride: number;
  /** The vectors that the headers point to; C holds their addresses, so they must not be collected. */
  readonly vectors: Uint8Array<ArrayBuffer>;
  /** The peers' addresses, {@linkcode NAME_STRIDE} octets each; empty for connected sockets. */
  readonly names: Uint8Array<ArrayBuffer>;
  /** The control messages, {@linkcode CONTROL_STRIDE} octets each; empty unless requested. */
  readonly control: Uint8Array<ArrayBuffer>;
}

/** Positions in {@linkcode Batch.words}, on a little-endian machine. */
export const WORDS_PER_HEADER = MMSGHDR.size / 4;
export const NAME_LENGTH_WORD = MSGHDR.nameLength / 4;
export const CONTROL_LENGTH_WORD = MSGHDR.controlLength / 4;
export const LENGTH_WORD = MMSGHDR.length / 4;

/** Octets from one peer's address to the next. */
export const NAME_STRIDE = 32;

/** Octets from one message's control messages to the next: more than a timestamp and a packet info need. */
export const CONTROL_STRIDE = 128;

export interface BatchOptions {
  /** The peers' addresses, for sockets that are not connected; two batches may share them. */
  readonly names?: Uint8Array<ArrayBuffer>;
  /**
   * Whether there are control messages.
   *
   * @default {false}
   */
  readonly control?: boolean;
}

/**
 * Lays out a batch of `count` messages of up to `stride` octets, each as long as its buffer.
 */
export function layOutBatch(count: number, stride: number, options: BatchOptions = {}): Batch {
  const { names = zeroed(0), control: hasControl = false } = options;
  const headers = zeroed(count * MMSGHDR.size);
  const vectors = zeroed(count * IOVEC.size);
  const payload = zeroed(count * stride);
  const control = zeroed(hasControl ? count * CONTROL_STRIDE : 0);
  const headerView = new DataView(headers.buffer);
  const vectorView = new DataView(vectors.buffer);
  const vectorBase = addressOf(vectors);
  const payloadBase = addressOf(payload);
  const nameBase = names.length > 0 ? addressOf(names) : undefined;
  const controlBase = hasControl ? addressOf(control) : undefined;
  for (let i = 0; i < count; i++) {
    const vector = i * IOVEC.size;
    vectorView.setBigUint64(vector + IOVEC.base, payloadBase + BigInt(i * stride), true);
    vectorView.setBigUint64(vector + IOVEC.length, BigInt(stride), true);
    const header = i * MMSGHDR.size + MMSGHDR.header;
    headerView.setBigUint64(header + MSGHDR.iov, vectorBase + BigInt(vector), true);
    headerView.setBigUint64(header + MSGHDR.iovLength, 1n, true);
    if (nameBase !== undefined) {
      headerView.setBigUint64(header + MSGHDR.name, nameBase + BigInt(i * NAME_STRIDE), true);
      headerView.setUint32(header + MSGHDR.nameLength, NAME_STRIDE, true);
    }
    if (controlBase !== undefined) {
      const at = controlBase + BigInt(i * CONTROL_STRIDE);
      headerView.setBigUint64(header + MSGHDR.control, at, true);
      headerView.setBigUint64(header + MSGHDR.controlLength, BigInt(CONTROL_STRIDE), true);
    }
  }
  const words = new Uint32Array(headers.buffer);
  return { headers, words, payload, stride, vectors, names, control };
}

function addressOf(octets: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(octets));
}
