/** The capture file of Wireshark (draft-ietf-opsawg-pcapng): blocks, of which those with packets are read. */
import { viewOf } from "../../protocols/octets.ts";
import { CaptureError } from "./capture_error.ts";
import type { Frame } from "./frame.ts";

const block = {
  section: 0x0a0d0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

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
  if (octets.length < 12) return false;
  const view = viewOf(octets);
  return view.getUint32(0) === block.section && isLittleEndian(view, 0) !== undefined;
}

export function* pcapngFrames(octets: Uint8Array): Generator<Frame> {
  const view = viewOf(octets);
  let isLittle = false;
  let interfaces: Interface[] = [];
  for (let at = 0; at + MIN_BLOCK_LENGTH <= octets.length;) {
    // The same in either order.
    if (view.getUint32(at) === block.section) {
      const order = isLittleEndian(view, at);
      if (order === undefined) {
        throw new CaptureError("a section of unknown byte order in a pcapng file");
      }
      isLittle = order;
      interfaces = [];
    }
    const type = view.getUint32(at, isLittle);
    const length = view.getUint32(at + 4, isLittle);
    if (length < MIN_BLOCK_LENGTH || length % 4 !== 0) {
      throw new CaptureError(`a block of ${length} octets in a pcapng file`);
    }
    if (at + length > octets.length) return;
    const body = new DataView(view.buffer, view.byteOffset + at + 8, length - MIN_BLOCK_LENGTH);
    if (type === block.interface) interfaces.push(readInterface(body, isLittle));
    else if (type === block.enhancedPacket || type === block.obsoletePacket) {
      yield readPacket(body, isLittle, interfaces, type === block.obsoletePacket);
    } else if (type === block.simplePacket) yield readSimplePacket(body, isLittle, interfaces);
    at += length;
  }
}

function isLittleEndian(view: DataView, at: number): boolean | undefined {
  for (const isLittle of [true, false]) {
    if (view.getUint32(at + 8, isLittle) === BYTE_ORDER_MAGIC) return isLittle;
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
    nanoseconds: from.offsetSeconds * 1_000_000_000n +
      ticks * 1_000_000_000n / from.ticksPerSecond,
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
    nanoseconds: undefined,
    linkType: from.linkType,
    octets: new Uint8Array(body.buffer, body.byteOffset + SIMPLE_PACKET_LENGTH, length),
  };
}

function demand(isLongEnough: boolean): void {
  if (!isLongEnough) throw new CaptureError("a block that is too short in a pcapng file");
}
