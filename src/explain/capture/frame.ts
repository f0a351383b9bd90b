import type { UnixTime } from "../../clock/clock.ts";

export interface Frame {
  /** When it passed; undefined where the file has no time. */
  readonly time: Readonly<UnixTime> | undefined;
  /** The type of its first header, by tcpdump's numbers (LINKTYPE). */
  readonly linkType: number;
  /** All of its octets, or only the first. */
  readonly octets: Uint8Array;
}

/**
 * A file is not a capture, or has nothing in it that can be explained.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { CaptureError, readCapture } from "@timesrv/timesrv/explain";
 *
 * assertThrows(() => readCapture(new Uint8Array(24)), CaptureError, "neither a pcap nor a pcapng file");
 * ```
 */
export class CaptureError extends Error {
  /** `"CaptureError"`, even if a minifier renames the class. */
  override readonly name = "CaptureError";
}
