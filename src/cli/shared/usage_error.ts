/** Mistakes on the command line. */
import { parseEndpoint } from "../../protocols/endpoint.ts";

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Runs a parser of something on the command line.
 *
 * @throws {UsageError} If it throws a `SyntaxError` or `RangeError`
 */
export function asArgumentError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isMistake = error instanceof SyntaxError || error instanceof RangeError;
    throw isMistake ? new UsageError(error.message, { cause: error }) : error;
  }
}

/**
 * Checks URLs before anything is started or queried.
 *
 * @param urls What the user wrote
 * @param parse Throws a `SyntaxError` or `RangeError` for a mistake in one
 * @throws {UsageError} If one of them cannot be read
 */
export function checkUrls(
  urls: readonly string[],
  parse: (url: string) => unknown = parseEndpoint,
): void {
  for (const url of urls) asArgumentError(() => parse(url));
}
