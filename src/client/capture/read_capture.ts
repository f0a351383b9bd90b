/** Reads the files of tcpdump and Wireshark: classic pcap, and pcapng. */
import { CaptureError } from "./capture_error.ts";
import { type Datagram, datagramOf } from "./datagram.ts";
import { isPcap, pcapFrames } from "./pcap.ts";
import { isPcapng, pcapngFrames } from "./pcapng.ts";

/** A frame as it was captured. */
export interface Frame {
  /** When it passed, in nanoseconds since the Unix epoch. */
  readonly nanoseconds: bigint;
  /** What its first header is, by tcpdump's numbers (LINKTYPE). */
  readonly linkType: number;
  /** Its octets, all or the first of them. */
  readonly octets: Uint8Array;
}

/** The UDP datagrams of a capture, and how many more were not captured to their end. */
export interface Capture {
  readonly datagrams: readonly Datagram[];
  readonly cut: number;
}

/**
 * Reads a capture. One that breaks off, as of a tcpdump that was killed, is read up to there.
 *
 * @param octets The file
 * @throws {CaptureError} If it is no capture, or one that makes no sense
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
