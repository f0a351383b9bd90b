import { quoteOctets } from "../text/printable.ts";
import { formatPlural } from "../text/units.ts";

/**
 * Octets that are not what their protocol prescribes. The message shows them
 * escaped, on one line that is safe to print.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { DecodeError, parseAsctime } from "@timesrv/timesrv/protocols";
 *
 * assertThrows(
 *   () => parseAsctime(new TextEncoder().encode("No time\x07")),
 *   DecodeError,
 *   String.raw`not a time: "No time\x07" (8 octets)`,
 * );
 * ```
 */
export class DecodeError extends Error {
  /** `"DecodeError"`, even if a minifier renames the class. */
  override readonly name = "DecodeError";
  /** The octets as they came. */
  readonly octets: Uint8Array;

  /**
   * Creates the error.
   *
   * @param problem What is wrong with the octets
   * @param octets The octets as they came
   * @param options The error behind this one, if there is one
   */
  constructor(problem: string, octets: Uint8Array, options?: ErrorOptions) {
    super(`${problem}: ${quoteOctets(octets)} (${formatPlural(octets.length, "octet")})`, options);
    this.octets = octets;
  }
}
