/** The classic capture file of tcpdump (draft-ietf-opsawg-pcap). */
import { viewOf } from "../../protocols/octets.ts";
import { CaptureError } from "./capture_error.ts";
import type { Frame } from "./frame.ts";

const HEADER_LENGTH = 24;
const RECORD_LENGTH = 16;

/** The further octets of each record in the modified format of some routers and Android phones. */
const MODIFIED_EXTRA_LENGTH = 8;

/** The formats, by the first four octets as a big-endian writer has them. */
const formats: ReadonlyMap<number, { readonly tickNs: bigint; readonly recordLength: number }> =
  new Map([
    [0xa1b2c3d4, { tickNs: 1000n, recordLength: RECORD_LENGTH }],
    [0xa1b23c4d, { tickNs: 1n, recordLength: RECORD_LENGTH }],
    [0xa1b2cd34, { tickNs: 1000n, recordLength: RECORD_LENGTH + MODIFIED_EXTRA_LENGTH }],
  ]);

/** No writer captures more of a frame (MAXIMUM_SNAPLEN of libpcap): a larger length is an error. */
const MAX_FRAME_LENGTH = 262_144;

export function isPcap(octets: Uint8Array): boolean {
  return octets.length >= HEADER_LENGTH && formatOf(viewOf(octets)) !== undefined;
}

export function* pcapFrames(octets: Uint8Array): Generator<Frame> {
  const view = viewOf(octets);
  const format = formatOf(view);
  if (format === undefined) return;
  const { isLittle, tickNs, recordLength } = format;
  // The upper bits are set where frames end in a checksum.
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  for (let at = HEADER_LENGTH; at + recordLength <= octets.length;) {
    const length = view.getUint32(at + 8, isLittle);
    if (length > MAX_FRAME_LENGTH) {
      throw new CaptureError(`a frame of ${length} octets in a pcap file`);
    }
    const seconds = BigInt(view.getUint32(at, isLittle));
    const fraction = BigInt(view.getUint32(at + 4, isLittle));
    at += recordLength;
    if (at + length > octets.length) return;
    yield {
      nanoseconds: seconds * 1_000_000_000n + fraction * tickNs,
      linkType,
      octets: octets.subarray(at, at + length),
    };
    at += length;
  }
}

function formatOf(
  view: DataView,
): { isLittle: boolean; tickNs: bigint; recordLength: number } | undefined {
  for (const isLittle of [true, false]) {
    const format = formats.get(view.getUint32(0, isLittle));
    if (format !== undefined) return { isLittle, ...format };
  }
  return undefined;
}
