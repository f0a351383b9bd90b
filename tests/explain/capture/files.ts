/** Captures as their formats prescribe them, made apart from what reads them. */

const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => concat(parts);

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Numbers of a given length in octets, in a byte order. */
function numbers(
  isLittle: boolean,
  ...values: (readonly [octets: 2 | 4, value: number])[]
): Uint8Array {
  return join(...values.map(([octets, value]) => {
    const view = new DataView(new ArrayBuffer(octets));
    if (octets === 2) view.setUint16(0, value, isLittle);
    else view.setUint32(0, value, isLittle);
    return new Uint8Array(view.buffer);
  }));
}

/** A frame and when it passed, in ticks of its file. */
export interface Captured {
  readonly seconds: number;
  readonly fraction: number;
  readonly octets: Uint8Array;
}

/** A classic file: `fraction` in microseconds or nanoseconds. */
export function pcap(
  frames: readonly Captured[],
  { linkType = 1, isLittle = true, magic = 0xa1b2c3d4 } = {},
): Uint8Array<ArrayBuffer> {
  const header = numbers(isLittle, [4, magic], [2, 2], [2, 4], [4, 0], [4, 0], [4, 65_535], [
    4,
    linkType,
  ]);
  const records = frames.flatMap(({ seconds, fraction, octets }) => [
    numbers(isLittle, [4, seconds], [4, fraction], [4, octets.length], [4, octets.length]),
    octets,
  ]);
  return concat([header, ...records]);
}

/** Wireshark's file; `fraction` in ticks of the resolution, ten to the power of -9 here. */
export function pcapng(
  frames: readonly Captured[],
  { linkType = 1, isLittle = true } = {},
): Uint8Array<ArrayBuffer> {
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const padding = new Uint8Array((4 - body.length % 4) % 4);
    const length = 12 + body.length + padding.length;
    return join(
      numbers(isLittle, [4, type], [4, length]),
      body,
      padding,
      numbers(isLittle, [4, length]),
    );
  };
  const resolution = join(numbers(isLittle, [2, 9], [2, 1]), new Uint8Array([9, 0, 0, 0]));
  return join(
    block(
      0x0a0d0d0a,
      numbers(isLittle, [4, 0x1a2b3c4d], [2, 1], [2, 0], [4, 0xffffffff], [4, 0xffffffff]),
    ),
    block(
      1,
      join(numbers(isLittle, [2, linkType], [2, 0], [4, 0]), resolution, numbers(isLittle, [4, 0])),
    ),
    // A block of statistics, which is to be passed over.
    block(5, numbers(isLittle, [4, 0], [4, 0], [4, 0])),
    ...frames.map(({ seconds, fraction, octets }) => {
      const ticks = BigInt(seconds) * 1_000_000_000n + BigInt(fraction);
      const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)];
      const head = numbers(isLittle, [4, 0], [4, high], [4, low], [4, octets.length], [
        4,
        octets.length,
      ]);
      return block(6, join(head, octets));
    }),
  );
}

/** What stands before the IP header, by link type; of IPv4, or of IPv6. */
export function link(linkType: number, isIpv6 = false): Uint8Array {
  const type = isIpv6 ? [0x86, 0xdd] : [0x08, 0x00];
  const fill = (octets: number): number[] => Array(octets).fill(0xee);
  const heads: Record<number, readonly number[]> = {
    0: [2, 0, 0, 0],
    1: [...fill(12), ...type],
    101: [],
    113: [...fill(14), ...type],
    228: [],
    229: [],
    276: [...type, ...fill(18)],
  };
  return new Uint8Array(heads[linkType] ?? []);
}

/** A VLAN's tag, to be put before the type of an Ethernet frame. */
export const vlan = new Uint8Array([0x81, 0x00, 0x00, 0x07]);

/** An IP packet with a UDP datagram; addresses as octets, whose number gives the version. */
export function udp(
  from: readonly number[],
  fromPort: number,
  to: readonly number[],
  toPort: number,
  payload: Uint8Array,
  { flags = 0, saidLength = payload.length + 8 } = {},
): Uint8Array {
  const head = numbers(false, [2, fromPort], [2, toPort], [2, saidLength], [2, 0]);
  const length = head.length + payload.length;
  const ip = from.length === 4
    ? join(
      new Uint8Array([0x45, 0]),
      numbers(false, [2, 20 + length], [2, 1], [2, flags]),
      new Uint8Array([64, 17, 0, 0, ...from, ...to]),
    )
    : join(
      new Uint8Array([0x60, 0, 0, 0]),
      numbers(false, [2, length + 8]),
      // A hop-by-hop header of eight octets comes first.
      new Uint8Array([0, 64, ...from, ...to, 17, 0, 1, 4, 0, 0, 0, 0]),
    );
  return join(ip, head, payload);
}

/** Parts as one. */
export { join };
