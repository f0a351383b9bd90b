/** The options of a clock's status, for the library, JSON and command lines. */
import { type Fields, flag, number, oneOf, text, whole } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { parseReferenceId } from "../../text/reference_id.ts";

/** Where the synchronisation status of a clock comes from. */
export type ClockStatusSource = "auto" | "kernel" | "fixed";

/** The status of the clock in NTP replies. */
export interface StatusOptions {
  /**
   * The source of the values that are not given here: `kernel` reads leap indicator, error bound and
   * synchronisation from the Linux kernel, `fixed` never does, and `auto` uses the kernel's while it
   * reports a synchronised clock.
   *
   * @default {"auto"}
   */
  readonly source?: ClockStatusSource;
  /**
   * The stratum, 1 for a server with a reference clock, up to 15.
   *
   * @default {10}
   */
  readonly stratum?: number;
  /**
   * The reference id: up to 4 ASCII characters or an IPv4 address.
   *
   * @default {"127.127.1.1"}
   */
  readonly referenceId?: string;
  /**
   * The round-trip delay to the reference clock, in seconds, 0 to 65535.
   *
   * @default {0}
   */
  readonly rootDelay?: number;
  /**
   * The error bound, in seconds, 0 to 65535. It is constant if this, the stratum, the reference id, the
   * root delay or the source `fixed` is given, which vouch for the clock. Otherwise it grows by 15 ppm
   * from the start, a second in 18 hours.
   *
   * @default {0.01}
   */
  readonly rootDispersion?: number;
  /** The leap second to announce. */
  readonly leap?: "none" | "insert" | "delete";
  /**
   * Whether to report that the clock is not synchronised; protocols that cannot report it do not reply.
   *
   * @default {false}
   */
  readonly unsynchronized?: boolean;
}

/** The options that JSON and command lines have. */
export const statusFields: Fields<StatusOptions> = {
  source: oneOf(["auto", "kernel", "fixed"], {
    name: "clock-status",
    syntax: "<source>",
    help: "where the synchronisation status comes from",
    default: "auto",
  }),
  stratum: whole(1, 15, {
    name: "stratum",
    syntax: "<number>",
    help: "1 for a server with a reference clock, up to 15",
    default: "10",
  }),
  referenceId: text("1 to 4 ASCII characters, or an IPv4 address", parseReferenceId, {
    name: "refid",
    syntax: "<id>",
    help: "reference id: 1 to 4 characters or an IPv4 address",
    default: "127.127.1.1",
  }),
  rootDelay: number(0, 65_535, {
    name: "root-delay",
    syntax: "<seconds>",
    unit: "seconds",
    help: "round-trip delay to the reference clock",
    default: "0",
  }),
  rootDispersion: number(0, 65_535, {
    name: "root-dispersion",
    syntax: "<seconds>",
    unit: "seconds",
    help: "error bound of the clock",
    default: "0.01, growing",
  }),
  leap: oneOf(["none", "insert", "delete"], {
    name: "leap",
    syntax: "<kind>",
    help: "announce a leap second",
  }),
  unsynchronized: flag({
    name: "unsynchronized",
    help: "report an unsynchronised clock; Daytime and Time stay silent",
    conflicts: ["leap"],
  }),
};

/** Throws a `SyntaxError` or `RangeError` for options that are unknown, unreadable or out of bounds. */
export function checkStatus(options: StatusOptions): void {
  readOptions(statusFields, options, "status");
}
