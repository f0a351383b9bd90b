/** The options of the guard: one row each, for the library and command lines. */
import {
  type Field,
  field,
  FieldError,
  type Fields,
  list,
  number,
  oneOf,
  text,
  whole,
} from "../../options/field.ts";
import { parseNetworks } from "./networks.ts";

/** Which clients a server answers. */
export interface AccessOptions {
  /**
   * Networks that are answered, as `192.0.2.0/24`, `2001:db8::/32`, a single address, or `all`; given
   * any, all others are denied.
   */
  readonly allow?: readonly string[];
  /** Networks that are not, unless a longer prefix allows a part of them. */
  readonly deny?: readonly string[];
  /**
   * What becomes of a request that is denied: `drop` leaves it unanswered; `kod` answers an NTP request
   * with the kiss-o'-death `DENY`, and drops others.
   *
   * @default {"drop"}
   */
  readonly denyAction?: "drop" | "kod";
}

/** How many requests a source may make. */
export interface RateLimit {
  /**
   * Requests a second, above 0, that each source may make for ever. Given, it holds for clients of this
   * machine as well.
   *
   * @default {16}
   */
  readonly perSecond?: number;
  /**
   * Requests that it may make at once after a silence: a whole number above 0.
   *
   * @default {8 seconds' worth, and 8 at least}
   */
  readonly burst?: number;
  /**
   * Of the NTP requests beyond that, the share that is answered with the kiss-o'-death `RATE`; the
   * others are dropped.
   *
   * @default {0}
   */
  readonly kod?: number;
  /**
   * How many bits of an IPv4 address make a source, 1 to 32.
   *
   * @default {32}
   */
  readonly ipv4Prefix?: number;
  /**
   * How many bits of an IPv6 address make a source, 1 to 64.
   *
   * @default {64}
   */
  readonly ipv6Prefix?: number;
}

/** Networks; a text may have several, with commas between. */
function networks(name: string, help: string): Field<readonly string[]> {
  const each = text("a network such as 192.0.2.0/24 or 2001:db8::/32, or all", parseNetworks, {
    name,
    syntax: "<networks>",
    help,
  });
  const all = list(each);
  return { ...all, parse: (texts) => texts.split(",").map((one) => each.read(one.trim())) };
}

/** The options of access. */
export const accessFields: Fields<AccessOptions> = {
  allow: networks("allow", "answer only these networks, or all"),
  deny: networks("deny", "do not answer these, unless a longer prefix is allowed"),
  denyAction: oneOf(["drop", "kod"], {
    name: "deny-action",
    syntax: "<action>",
    help: "drop denied requests, or answer them with a KoD DENY",
    default: "drop",
  }),
};

/** The options of the rate limit. */
export const rateFields: Fields<RateLimit> = {
  perSecond: field(
    { name: "rate-per-second", help: "requests per second of a source" },
    "requests per second, above 0 and up to 1000000",
    (rate) => {
      if (typeof rate !== "number") return undefined;
      if (rate > 0 && rate <= 1e6) return rate;
      throw new FieldError("expected requests per second, above 0 and up to 1000000", true);
    },
  ),
  burst: whole(1, 1e9, { name: "rate-burst", help: "requests at once after a silence" }),
  kod: number(0, 1, {
    name: "rate-kod",
    syntax: "<share>",
    unit: "a share",
    help: "share of the NTP requests beyond it that get a KoD RATE",
    default: "0",
  }),
  ipv4Prefix: whole(1, 32, {
    name: "rate-ipv4-prefix",
    syntax: "<bits>",
    help: "IPv4 prefix length that counts as one client",
    default: "32",
  }),
  ipv6Prefix: whole(1, 64, {
    name: "rate-ipv6-prefix",
    syntax: "<bits>",
    help: "IPv6 prefix length that counts as one client",
    default: "64",
  }),
};

/** The limit as command lines have it: `off`, or a rate and what may come at once, as `16/s,128`. */
export const rateLimitField: Field<RateLimit | "off"> = field<RateLimit | "off">(
  {
    name: "rate-limit",
    syntax: "<limit>",
    help: "requests per client: off, N/s or N/s,BURST",
    default: "16/s,128; none for this machine",
  },
  "off, or requests per second and at once, such as 16/s or 16/s,128",
  (limit) => {
    if (limit === "off") return limit;
    const [, rate, burst] = /^(\d{0,9}\.?\d{1,9})\/s(?:,(\d{1,10}))?$/.exec(String(limit)) ?? [];
    if (rate === undefined) return undefined;
    return {
      perSecond: rateFields.perSecond.read(Number(rate)),
      ...(burst !== undefined && { burst: rateFields.burst.read(Number(burst)) }),
    };
  },
);
