import { type Datagram, toDatagram } from "./datagram.ts";
import { createTally, datagramsIn, framesOf } from "./frames.ts";
import { OctetQueue } from "./octet_queue.ts";

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
