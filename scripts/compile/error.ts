/** A failure of the build whose message is complete without a stack. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}
