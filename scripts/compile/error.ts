/** A failure of the build whose message says all there is to say. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}
