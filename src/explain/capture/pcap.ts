/** The classic file of tcpdump (draft-ietf-opsawg-pcap). */
import { CaptureError } from "./capture_error.ts";
import type { Frame } from "./frame.ts";

const HEADER_LENGTH = 24;
const RECORD_LENGTH = 16;

/** Nanoseconds of a tick, by the first four octets as a big-endian writer has them. */
const ticks: ReadonlyMap<number, bigint> = new Map([[0xa1b2c3d4, 1000n], [0xa1b23c4d, 1n]]);

/** No writer takes more of a frame (MAXIMUM_SNAPLEN of libpcap); more is a file gone wrong. */
const LONGEST_FRAME = 262_144;

/** Whether a file is one. */
export function isPcap(octets: Uint8Array): boolean {
  return octets.length >= HEADER_LENGTH && orderOf(viewOf(octets)) !== undefined;
}

/** Its frames, up to where it breaks off. */
export function* pcapFrames(octets: Uint8Array): Generator<Frame> {
  const view = viewOf(octets);
  const { isLittle, tick } = orderOf(view) ?? { isLittle: false, tick: 1n };
  // The upper bits say whether frames end in a checksum.
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  for (let at = HEADER_LENGTH; at + RECORD_LENGTH <= octets.length;) {
    const length = view.getUint32(at + 8, isLittle);
    if (length > LONGEST_FRAME) {
      throw new CaptureError(`a frame of ${length} octets in a pcap file`);
    }
    const seconds = BigInt(view.getUint32(at, isLittle));
    const fraction = BigInt(view.getUint32(at + 4, isLittle));
    at += RECORD_LENGTH;
    if (at + length > octets.length) return;
    yield {
      nanoseconds: seconds * 1_000_000_000n + fraction * tick,
      linkType,
      octets: octets.subarray(at, at + length),
    };
    at += length;
  }
}

/** The writer's order of octets, and its ticks. */
function orderOf(view: DataView): { isLittle: boolean; tick: bigint } | undefined {
  for (const isLittle of [true, false]) {
    const tick = ticks.get(view.getUint32(0, isLittle));
    if (tick !== undefined) return { isLittle, tick };
  }
  return undefined;
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
