/** The capture file of Wireshark (draft-ietf-opsawg-pcapng): blocks, of which those with packets are read. */
import { viewOf } from "../../protocols/octets.ts";
import { CaptureError, type Frame } from "./frame.ts";
import type { OctetQueue } from "./octet_queue.ts";

const block = {
  section: 0x0a0d0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

/** The blocks that are read; others are passed over, whatever their length. */
const READ_BLOCKS: readonly number[] = [
  ...[block.interface, block.obsoletePacket, block.simplePacket, block.enhancedPacket],
];

/** The longest block that Wireshark reads, too: a block has to be in memory as a whole. */
const MAX_BLOCK_LENGTH = 2 ** 24;

/** The interfaces of a section are kept, and a hostile file may have nothing else. */
const MAX_INTERFACES = 65_536;

/** The type, the length, and the length again at the end. */
const MIN_BLOCK_LENGTH = 12;

/** In a section's first block, in the byte order of its writer. */
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const option = { end: 0, timestampResolution: 9, timestampOffset: 14 } as const;

interface Interface {
  readonly linkType: number;
  /** The most octets of a frame that it captures; 0 for all. */
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

export function isPcapng(octets: Uint8Array): boolean {
  if (octets.length < MIN_BLOCK_LENGTH) return false;
  const view = viewOf(octets);
  return view.getUint32(0) === block.section && isLittleEndian(view) !== undefined;
}

/** Reads the frames; yields undefined where the next octets have to arrive first. */
export function* pcapngFrames(input: OctetQueue): Generator<Frame | undefined> {
  let isLittle = false;
  let interfaces: Interface[] = [];
  while (input.length >= MIN_BLOCK_LENGTH || (yield* input.wait(MIN_BLOCK_LENGTH))) {
    const head = viewOf(input.peek(MIN_BLOCK_LENGTH));
    // The same in either order.
    if (head.getUint32(0) === block.section) {
      const order = isLittleEndian(head);
      if (order === undefined) {
        throw new CaptureError("a section of unknown byte order in a pcapng file");
      }
      isLittle = order;
      interfaces = [];
    }
    const type = head.getUint32(0, isLittle);
    const length = head.getUint32(4, isLittle);
    if (length < MIN_BLOCK_LENGTH || length % 4 !== 0) {
      throw new CaptureError(`a block of ${length} octets in a pcapng file`);
    }
    if (!READ_BLOCKS.includes(type) || length > MAX_BLOCK_LENGTH) {
      if (!(yield* input.skip(length))) return;
      if (!READ_BLOCKS.includes(type)) continue;
      throw new CaptureError(`a block of ${length} octets in a pcapng file`);
    }
    if (input.length < length && !(yield* input.wait(length))) return;
    const body = viewOf(input.take(length).subarray(8, -4));
    if (type === block.interface) {
      if (interfaces.length === MAX_INTERFACES) {
        throw new CaptureError(`more than ${MAX_INTERFACES} interfaces in a pcapng file`);
      }
      interfaces.push(readInterface(body, isLittle));
    } else if (type === block.simplePacket) yield readSimplePacket(body, isLittle, interfaces);
    else yield readPacket(body, isLittle, interfaces, type === block.obsoletePacket);
  }
}

function isLittleEndian(view: DataView): boolean | undefined {
  for (const isLittle of [true, false]) {
    if (view.getUint32(8, isLittle) === BYTE_ORDER_MAGIC) return isLittle;
  }
  return undefined;
}

const INTERFACE_LENGTH = 8;
const PACKET_LENGTH = 20;
const SIMPLE_PACKET_LENGTH = 4;

const MICROSECONDS = 1_000_000n;

function readInterface(body: DataView, isLittle: boolean): Interface {
  demand(body.byteLength >= INTERFACE_LENGTH);
  let ticksPerSecond = MICROSECONDS;
  let offsetSeconds = 0n;
  for (let at = INTERFACE_LENGTH; at + 4 <= body.byteLength;) {
    const [code, length] = [body.getUint16(at, isLittle), body.getUint16(at + 2, isLittle)];
    at += 4;
    if (code === option.end || at + length > body.byteLength) break;
    if (code === option.timestampResolution && length >= 1) {
      const resolution = body.getUint8(at);
      // The top bit distinguishes powers of two from powers of ten.
      const exponent = BigInt(resolution & 0x7f);
      ticksPerSecond = resolution >= 0x80 ? 2n ** exponent : 10n ** exponent;
    } else if (code === option.timestampOffset && length >= 8) {
      offsetSeconds = body.getBigInt64(at, isLittle);
    }
    at += Math.ceil(length / 4) * 4;
  }
  return {
    linkType: body.getUint16(0, isLittle),
    snapLength: body.getUint32(4, isLittle),
    ticksPerSecond,
    offsetSeconds,
  };
}

function readPacket(
  body: DataView,
  isLittle: boolean,
  interfaces: readonly Interface[],
  isObsolete: boolean,
): Frame {
  demand(body.byteLength >= PACKET_LENGTH);
  // An obsolete packet block has 16 bits of an interface number and 16 of a count of drops.
  const from = interfaces[isObsolete ? body.getUint16(0, isLittle) : body.getUint32(0, isLittle)];
  if (!from) throw new CaptureError("a packet without an interface in a pcapng file");
  const ticks = BigInt(body.getUint32(4, isLittle)) << 32n | BigInt(body.getUint32(8, isLittle));
  const length = body.getUint32(12, isLittle);
  demand(PACKET_LENGTH + length <= body.byteLength);
  return {
    time: {
      seconds: Number(from.offsetSeconds + ticks / from.ticksPerSecond),
      nanoseconds: Number(ticks % from.ticksPerSecond * 1_000_000_000n / from.ticksPerSecond),
    },
    linkType: from.linkType,
    octets: new Uint8Array(body.buffer, body.byteOffset + PACKET_LENGTH, length),
  };
}

/** A packet of the first interface, cut to what that captures, and without a time. */
function readSimplePacket(body: DataView, isLittle: boolean, [from]: readonly Interface[]): Frame {
  demand(body.byteLength >= SIMPLE_PACKET_LENGTH);
  if (!from) throw new CaptureError("a packet without an interface in a pcapng file");
  const length = Math.min(
    body.getUint32(0, isLittle),
    from.snapLength || Infinity,
    body.byteLength - SIMPLE_PACKET_LENGTH,
  );
  return {
    time: undefined,
    linkType: from.linkType,
    octets: new Uint8Array(body.buffer, body.byteOffset + SIMPLE_PACKET_LENGTH, length),
  };
}

function demand(isLongEnough: boolean): void {
  if (!isLongEnough) throw new CaptureError("a block that is too short in a pcapng file");
}
