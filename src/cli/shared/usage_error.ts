/** Mistakes on the command line. */
import { parseTarget } from "../../protocols/endpoint.ts";

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs a parser; its `SyntaxError` or `RangeError` becomes a {@linkcode UsageError}. */
export function asArgumentError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isMistake = error instanceof SyntaxError || error instanceof RangeError;
    throw isMistake ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** Checks URLs before anything is started or queried; throws a {@linkcode UsageError} for the first mistake. */
export function checkUrls(
  urls: readonly string[],
  parse: (url: string) => unknown = parseTarget,
): void {
  for (const url of urls) asArgumentError(() => parse(url));
}
