/** The classic capture file of tcpdump (draft-ietf-opsawg-pcap). */
import { viewOf } from "../../protocols/octets.ts";
import { CaptureError, type Frame } from "./frame.ts";
import type { OctetQueue } from "./octet_queue.ts";

const HEADER_LENGTH = 24;
const RECORD_LENGTH = 16;

/** The further octets of each record in the modified format of some routers and Android phones. */
const MODIFIED_EXTRA_LENGTH = 8;

/** The formats, by the first four octets as a big-endian writer has them. */
const formats: ReadonlyMap<number, { readonly tickNs: number; readonly recordLength: number }> =
  new Map([
    [0xa1b2c3d4, { tickNs: 1000, recordLength: RECORD_LENGTH }],
    [0xa1b23c4d, { tickNs: 1, recordLength: RECORD_LENGTH }],
    [0xa1b2cd34, { tickNs: 1000, recordLength: RECORD_LENGTH + MODIFIED_EXTRA_LENGTH }],
  ]);

/** No writer captures more of a frame (MAXIMUM_SNAPLEN of libpcap): a larger length is an error. */
const MAX_FRAME_LENGTH = 262_144;

export function isPcap(octets: Uint8Array): boolean {
  return octets.length >= HEADER_LENGTH && formatOf(viewOf(octets)) !== undefined;
}

/** Reads the frames; yields undefined where the next octets have to arrive first. */
export function* pcapFrames(input: OctetQueue): Generator<Frame | undefined> {
  const header = viewOf(input.take(HEADER_LENGTH));
  const format = formatOf(header);
  if (format === undefined) return;
  const { isLittle, tickNs, recordLength } = format;
  // The upper bits are set where frames end in a checksum.
  const linkType = header.getUint32(20, isLittle) & 0xffff;
  while (input.length >= recordLength || (yield* input.wait(recordLength))) {
    const length = viewOf(input.peek(recordLength)).getUint32(8, isLittle);
    if (length > MAX_FRAME_LENGTH) {
      throw new CaptureError(`a frame of ${length} octets in a pcap file`);
    }
    const whole = recordLength + length;
    if (input.length < whole && !(yield* input.wait(whole))) return;
    const record = input.take(whole);
    const view = viewOf(record);
    const fraction = view.getUint32(4, isLittle) * tickNs;
    yield {
      // A fraction may be a second or more: writers do not check it.
      time: {
        seconds: view.getUint32(0, isLittle) + Math.floor(fraction / 1e9),
        nanoseconds: fraction % 1e9,
      },
      linkType,
      octets: record.subarray(recordLength),
    };
  }
}

function formatOf(
  view: DataView,
): { isLittle: boolean; tickNs: number; recordLength: number } | undefined {
  for (const isLittle of [true, false]) {
    const format = formats.get(view.getUint32(0, isLittle));
    if (format !== undefined) return { isLittle, ...format };
  }
  return undefined;
}
