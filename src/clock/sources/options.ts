/** The options of a clock's status, for the library, JSON and command lines. */
import { duration, type Fields, flag, flagOr, oneOf, text, whole } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { type InSeconds, readSeconds, type TimeSpan } from "../../text/duration.ts";
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
   * Whether its administrator vouches for the clock, as chrony's `local` does: the error bound stays what
   * it is instead of growing. A number is the stratum then, 1 to 15; `true` is 10. A kernel that reports a
   * synchronised clock still gives the bound.
   *
   * @default {false}
   */
  readonly local?: boolean | number;
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
   * The round-trip delay to the reference clock, 0 to 65535 seconds.
   *
   * @default {"0s"}
   */
  readonly rootDelay?: TimeSpan;
  /**
   * The error bound, 0 to 65535 seconds. It is constant if this, `local`, the stratum, the reference id, the
   * root delay or the source `fixed` is given, which vouch for the clock. Otherwise it grows by 15 ppm
   * from the start, a second in 18 hours, and NTP clients drop the server after 1 to 4 days.
   *
   * @default {"10ms"}
   */
  readonly rootDispersion?: TimeSpan;
  /** The leap second to announce. */
  readonly leap?: "none" | "insert" | "delete";
  /**
   * Whether to report that the clock is not synchronised; protocols that cannot report it do not reply.
   *
   * @default {false}
   */
  readonly unsynchronized?: boolean;
}

const MAX_STRATUM = 15;

/** The options that JSON and command lines have. */
export const statusFields: Fields<StatusOptions> = {
  source: oneOf(["auto", "kernel", "fixed"], {
    name: "clock-status",
    syntax: "<source>",
    help: "where the synchronisation status comes from",
    default: "auto",
  }),
  local: flagOr(whole(1, MAX_STRATUM, { name: "stratum", help: "" }), {
    name: "local",
    syntax: "[stratum]",
    help: "vouch for this clock: its error bound does not grow",
    default: "stratum 10",
    conflicts: ["clock-status", "stratum", "unsynchronized", "upstream"],
  }),
  stratum: whole(1, MAX_STRATUM, {
    name: "stratum",
    syntax: "<number>",
    help: "stratum to announce: 1 has a reference clock of its own",
    default: "10",
  }),
  referenceId: text("1 to 4 ASCII characters, or an IPv4 address", parseReferenceId, {
    name: "refid",
    syntax: "<id>",
    help: "reference id: 1 to 4 characters or an IPv4 address",
    default: "127.127.1.1",
  }),
  rootDelay: duration("0s", "65535s", {
    name: "root-delay",
    help: "round-trip delay to the reference clock",
    default: "0s",
  }),
  rootDispersion: duration("0s", "65535s", {
    name: "root-dispersion",
    help: "error bound of the clock",
    default: "10ms, growing",
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

/** {@linkcode StatusOptions}, with lengths of time in seconds. */
export type StatusReading = InSeconds<StatusOptions>;

/**
 * Reads the options of a status.
 *
 * @throws {TypeError} If a length of time is a number
 * @throws {SyntaxError | RangeError} If an option is unknown, unreadable or out of bounds, or contradicts
 *   `local`
 */
export function readStatus(options: StatusOptions): StatusReading {
  const { rootDelay, rootDispersion, ...rest } = readOptions(statusFields, options, "status");
  const other = rest.local ? findContradiction(rest) : undefined;
  if (other !== undefined) throw new RangeError(`status.local cannot be used with status.${other}`);
  return {
    ...rest,
    ...(rootDelay !== undefined && { rootDelay: readSeconds(rootDelay) }),
    ...(rootDispersion !== undefined && { rootDispersion: readSeconds(rootDispersion) }),
  };
}

/** The option that contradicts a clock vouched for by `local`. */
export function findContradiction(options: StatusOptions): string | undefined {
  const { conflicts = [] } = statusFields.local;
  return Object.entries(options).find(([key, value]) =>
    value !== undefined && value !== false &&
    conflicts.includes(statusFields[key as keyof StatusOptions]?.name ?? "")
  )?.[0];
}
