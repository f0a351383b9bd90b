/**
 * A file is no capture, or holds nothing that can be explained.
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
  /** `"CaptureError"`, whatever a minifier makes of the class. */
  override readonly name = "CaptureError";
}
