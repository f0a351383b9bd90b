import { parseEndpoint } from "../../protocols/endpoint.ts";

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Runs what reads something that a user wrote.
 *
 * @throws {UsageError} If it cannot be read
 */
export function checked<T>(read: () => T): T {
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
  for (const url of urls) checked(() => parse(url));
}
