import { type Datagram, type RawDatagram, readDatagram, toDatagram } from "./datagram.ts";
import { OctetQueue } from "./octet_queue.ts";
import { CaptureError, type Frame } from "./frame.ts";
import { isPcap, pcapFrames } from "./pcap.ts";
import { isPcapng, pcapngFrames } from "./pcapng.ts";

/** The UDP datagrams of a capture. */
export interface Capture {
  /** The whole ones, in the order of the file. */
  readonly datagrams: readonly Datagram[];
  /** The number of frames left out, by reason; each reason continues a sentence that begins with "frames". */
  readonly skipped: ReadonlyMap<string, number>;
}

/**
 * Reads a capture of tcpdump or Wireshark, pcap or pcapng. One that breaks off, because tcpdump was
 * killed, is read up to there.
 *
 * @param octets The file
 * @returns The UDP datagrams in it; {@linkcode exchangesOf} finds the requests for the time and their replies
 * @throws {CaptureError} If it is not a capture, or malformed
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exchangesOf, explain, fromCapture, readCapture } from "@timesrv/timesrv/explain";
 *
 * // Written by tcpdump -w, here of raw IP: a request to port 37 and its reply 20 ms later.
 * const file = Uint8Array.fromHex(
 *   "d4c3b2a1020004000000000000000000ffff000065000000" +
 *     "00000000a08601001c0000001c000000" +
 *     "4500001c00000000401100007f0000017f0000010fa0002500080000" +
 *     "00000000c0d401002000000020000000" +
 *     "4500002000000000401100007f0000017f00000100250fa0000c000083aa7e80",
 * );
 * const [found] = exchangesOf(readCapture(file).datagrams);
 * const { reply } = explain(fromCapture(found!));
 * assertEquals(reply?.[0]?.meaning, "2208988800 = 1970-01-01T00:00:00Z");
 * ```
 */
export function readCapture(octets: Uint8Array): Capture {
  const input = new OctetQueue();
  input.push(octets);
  input.end();
  const tally = createTally();
  const datagrams = [...datagramsIn(framesOf(input), tally)].map(toDatagram);
  return { datagrams, skipped: tally.skipped };
}

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

/** The counts of a capture while it is read. */
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
