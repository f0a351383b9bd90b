/** The options of the status that a server reports of its clock. */
import { parseReferenceId } from "../../text/reference_id.ts";

/** Where a server takes the worth of its clock from. */
export type ClockStatusSource = "auto" | "kernel" | "fixed";

/** What to tell clients about the clock. */
export interface StatusOptions {
  /**
   * Where the facts come from that are not given here: `kernel` takes leap, error bound and
   * synchronisation from the Linux kernel, `fixed` never asks it, and `auto` takes the kernel's word
   * while it calls the clock synchronised.
   *
   * @default {"auto"}
   */
  readonly source?: ClockStatusSource;
  /**
   * Distance from a reference clock in servers, 1 to 15.
   *
   * @default {10}
   */
  readonly stratum?: number;
  /**
   * What the time comes from: up to 4 ASCII characters or an IPv4 address.
   *
   * @default {"127.127.1.1"}
   */
  readonly referenceId?: string;
  /**
   * Round-trip delay to the reference clock, in seconds, 0 up to 65535.
   *
   * @default {0}
   */
  readonly rootDelay?: number;
  /**
   * Error bound, in seconds, 0 up to 65535.
   *
   * Giving this, the stratum, the reference id, the root delay or the source `fixed` vouches for the
   * clock: the bound
   * then stays. Without any of them it grows by 15 ppm from the start, a second in 18 hours.
   *
   * @default {0.01}
   */
  readonly rootDispersion?: number;
  /** The leap second to announce. */
  readonly leap?: "none" | "insert" | "delete";
  /**
   * Say that the clock is not synchronised, and be silent where a protocol cannot say so.
   *
   * @default {false}
   */
  readonly unsynchronized?: boolean;
}

/**
 * Looks at what is to be said of a clock.
 *
 * @throws {RangeError} If a number is out of range
 * @throws {SyntaxError} If the reference id is none
 */
export function checkStatus(
  { stratum, rootDelay, rootDispersion, referenceId }: StatusOptions,
): void {
  checkRange("stratum", stratum, 1, 15);
  if (!Number.isInteger(stratum ?? 1)) {
    throw new RangeError(`Cannot serve stratum ${stratum}: expected a whole number`);
  }
  checkRange("root delay", rootDelay, 0, 65_535);
  checkRange("root dispersion", rootDispersion, 0, 65_535);
  if (referenceId !== undefined) parseReferenceId(referenceId);
}

function checkRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || value >= least && value <= most) return;
  throw new RangeError(`Cannot serve ${name} ${value}: expected ${least} to ${most}`);
}
