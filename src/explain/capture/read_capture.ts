/** Reads the files of tcpdump and Wireshark: classic pcap, and pcapng. */
import { CaptureError } from "./capture_error.ts";
import { type Datagram, datagramOf } from "./datagram.ts";
import { isPcap, pcapFrames } from "./pcap.ts";
import { isPcapng, pcapngFrames } from "./pcapng.ts";

/** The UDP datagrams of a capture. */
export interface Capture {
  /** Those that are whole, in the order of the file. */
  readonly datagrams: readonly Datagram[];
  /** How many were not captured to their end. */
  readonly cut: number;
}

/**
 * Reads a capture of tcpdump or Wireshark, pcap or pcapng. One that breaks off, as of a tcpdump that
 * was killed, is read up to there.
 *
 * @param octets The file
 * @returns The UDP datagrams in it; {@linkcode exchangesOf} finds what asks for the time, and the replies
 * @throws {CaptureError} If it is no capture, or one that makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exchangesOf, explain, readCapture, seenInCapture } from "@timesrv/timesrv";
 *
 * // What tcpdump -w writes: here of raw IP, a request to port 37 and its reply 20 ms later.
 * const file = Uint8Array.fromHex(
 *   "d4c3b2a1020004000000000000000000ffff000065000000" +
 *     "00000000a08601001c0000001c000000" +
 *     "4500001c00000000401100007f0000017f0000010fa0002500080000" +
 *     "00000000c0d401002000000020000000" +
 *     "4500002000000000401100007f0000017f00000100250fa0000c000083aa7e80",
 * );
 * const [found] = exchangesOf(readCapture(file).datagrams);
 * const { reply } = explain(seenInCapture(found!));
 * assertEquals(reply?.[0]?.meaning, "2208988800 = 1970-01-01T00:00:00Z");
 * ```
 */
export function readCapture(octets: Uint8Array): Capture {
  const frames = isPcap(octets)
    ? pcapFrames(octets)
    : isPcapng(octets)
    ? pcapngFrames(octets)
    : undefined;
  if (!frames) throw new CaptureError("neither a pcap nor a pcapng file");
  const datagrams: Datagram[] = [];
  let cut = 0;
  for (const frame of frames) {
    const datagram = datagramOf(frame);
    if (datagram === "cut") cut++;
    else if (datagram) datagrams.push(datagram);
  }
  return { datagrams, cut };
}
