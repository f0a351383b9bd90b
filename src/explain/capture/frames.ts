/** The frames of a capture of either format, and the datagrams in them. */
import { CaptureError } from "./capture_error.ts";
import { type RawDatagram, readDatagram } from "./datagram.ts";
import type { Frame } from "./frame.ts";
import type { OctetQueue } from "./octet_queue.ts";
import { isPcap, pcapFrames } from "./pcap.ts";
import { isPcapng, pcapngFrames } from "./pcapng.ts";

/** As many octets as show the format. */
const MAGIC_LENGTH = 24;

/** Reads the frames; yields undefined where the next octets have to arrive first. */
export function* framesOf(input: OctetQueue): Generator<Frame | undefined> {
  yield* input.wait(MAGIC_LENGTH);
  const head = input.peek(MAGIC_LENGTH);
  if (isPcap(head)) yield* pcapFrames(input);
  else if (isPcapng(head)) yield* pcapngFrames(input);
  else if (isGzip(head)) throw new CaptureError("a gzip file: decompress it first");
  else throw new CaptureError("neither a pcap nor a pcapng file");
}

/** Whether a file is compressed with gzip (RFC 1952 §2.3.1), as captures of Wireshark may be. */
export function isGzip(octets: Uint8Array): boolean {
  return octets[0] === 0x1f && octets[1] === 0x8b;
}

/** What was read of a capture. */
export interface Tally {
  /** The number of whole UDP datagrams. */
  datagrams: number;
  /** The number of frames left out, by reason. */
  readonly skipped: Map<string, number>;
}

export function createTally(): Tally {
  return { datagrams: 0, skipped: new Map() };
}

/** A hostile file has frames of thousands of link types, each of which would be a reason. */
const MAX_REASONS = 16;

/** Reads the datagrams that have arrived. */
export function* datagramsIn(
  frames: Iterator<Frame | undefined>,
  tally: Tally,
): Generator<RawDatagram> {
  const { skipped } = tally;
  for (let frame = frames.next().value; frame; frame = frames.next().value) {
    const read = readDatagram(frame);
    if (typeof read === "string") {
      const isKept = skipped.has(read) || skipped.size < MAX_REASONS;
      const reason = isKept ? read : "of further link types";
      skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    } else if (read) {
      tally.datagrams++;
      yield read;
    }
  }
}
