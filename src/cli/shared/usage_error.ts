import { parseEndpoint } from "../../protocols/endpoint.ts";

/** Something is wrong with the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads URLs for their mistakes alone, before anything is started or asked.
 *
 * @param urls What the user wrote
 * @param parse Throws a `SyntaxError` or `RangeError` for what is wrong with one
 * @throws {UsageError} If one of them cannot be read
 */
export function checkUrls(
  urls: readonly string[],
  parse: (url: string) => unknown = parseEndpoint,
): void {
  for (const url of urls) {
    try {
      parse(url);
    } catch (error) {
      const isMistake = error instanceof SyntaxError || error instanceof RangeError;
      throw isMistake ? new UsageError(error.message) : error;
    }
  }
}
