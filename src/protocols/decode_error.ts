import { quoteOctets } from "../text/printable.ts";

/**
 * Octets that are not what their protocol prescribes. The message shows them
 * escaped, so that it is safe to print and always one line.
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
  /** `"DecodeError"`, whatever a minifier makes of the class. */
  override readonly name = "DecodeError";
  /** The octets as they came. */
  readonly octets: Uint8Array;

  /**
   * Describes one failure.
   *
   * @param problem What is wrong with the octets
   * @param octets The octets as they came
   * @param options The error behind this one, if there is one
   */
  constructor(problem: string, octets: Uint8Array, options?: ErrorOptions) {
    super(`${problem}: ${quoteOctets(octets)} (${octets.length} octets)`, options);
    this.octets = octets;
  }
}
