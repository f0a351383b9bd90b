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
