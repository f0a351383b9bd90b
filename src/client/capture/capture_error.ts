/** A file is no capture, or holds nothing that can be explained. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
}
