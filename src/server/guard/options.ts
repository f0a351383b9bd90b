/** The options of the guard, for the library and command lines. */
import {
  type Field,
  field,
  FieldError,
  type Fields,
  list,
  number,
  oneOf,
  text,
  type ValuesOf,
  whole,
} from "../../options/field.ts";
import { parseNetworks } from "../../text/ip_words.ts";

/** Which clients get replies. */
export interface AccessOptions {
  /**
   * Networks that are allowed, such as `192.0.2.0/24`, `2001:db8::/32`, a single address, or `all`; if
   * there are any, all others are denied.
   */
  readonly allow?: readonly string[];
  /** Networks that are denied, unless a longer prefix allows a part of them. */
  readonly deny?: readonly string[];
  /**
   * What happens to denied requests: `drop` sends no reply; `kod` sends the kiss-o'-death `DENY` to NTP
   * requests within the rate limit, and drops others.
   *
   * @default {"drop"}
   */
  readonly denyAction?: "drop" | "kod";
}

/** The rate limit of a client; a client is a prefix of an address. */
export interface RateLimit {
  /**
   * Sustained requests per second, above 0. If given, the limit applies to clients on this machine too.
   *
   * @default {16}
   */
  readonly perSecond?: number;
  /**
   * Requests at once after a pause: a whole number above 0.
   *
   * @default {8 s at the sustained rate, and at least 8}
   */
  readonly burst?: number;
  /**
   * The share of NTP requests beyond the limit that get the kiss-o'-death `RATE`; others are dropped. A client
   * gets one per minute at most: who forges its address has it sent away by no more than that.
   *
   * @default {0}
   */
  readonly kod?: number;
  /**
   * The IPv4 prefix length that counts as one client, 1 to 32.
   *
   * @default {32}
   */
  readonly ipv4Prefix?: number;
  /**
   * The IPv6 prefix length that counts as one client, 1 to 128. Beyond 48, all clients of a /48, which is one
   * site, have four times the limit of one together. An address of `64:ff9b::/96` (NAT64) counts as the IPv4
   * address in it.
   *
   * @default {64}
   */
  readonly ipv6Prefix?: number;
}

/** Which clients get replies, and how often. */
export interface GuardOptions {
  /** Which clients get replies; by default all. */
  readonly access?: AccessOptions | undefined;
  /**
   * The rate limit per client, for all listeners together; `"off"` is no limit.
   *
   * @default {16 requests per second and 128 at once, for clients on other machines}
   */
  readonly rateLimit?: RateLimit | "off" | undefined;
}

/** Defines a list of networks; a text may have several, separated by commas. */
function networks(name: string, help: string): Field<readonly string[]> {
  const each = text("a network such as 192.0.2.0/24 or 2001:db8::/32, or all", parseNetworks, {
    name,
    syntax: "<networks>",
    help,
  });
  const all = list(each);
  return { ...all, parse: (texts) => texts.split(",").map((one) => each.read(one.trim())) };
}

export const accessFields: Fields<AccessOptions> = {
  allow: networks("allow", "serve only these networks, or all"),
  deny: networks("deny", "do not serve these, unless a longer prefix is allowed"),
  denyAction: oneOf(["drop", "kod"], {
    name: "deny-action",
    syntax: "<action>",
    help: "drop denied requests, or answer them with a KoD DENY",
    default: "drop",
  }),
};

export const rateFields: Fields<RateLimit> = {
  perSecond: field(
    { name: "rate-per-second", help: "requests per second of a client" },
    "requests per second, above 0 and up to 1000000",
    (rate) => {
      if (typeof rate !== "number") return undefined;
      if (rate > 0 && rate <= 1e6) return rate;
      throw new FieldError("expected requests per second, above 0 and up to 1000000", RangeError);
    },
  ),
  burst: whole(1, 1e9, { name: "rate-burst", help: "requests at once after a pause" }),
  kod: number(0, 1, {
    name: "rate-kod",
    syntax: "<share>",
    unit: "a share",
    help: "share over the limit that gets a KoD RATE, 1/min per client",
    default: "0",
  }),
  ipv4Prefix: whole(1, 32, {
    name: "rate-ipv4-prefix",
    syntax: "<bits>",
    help: "IPv4 prefix length that counts as one client",
    default: "32",
  }),
  ipv6Prefix: whole(1, 128, {
    name: "rate-ipv6-prefix",
    syntax: "<bits>",
    help: "the same for IPv6; a /48 has 4 times the limit of one",
    default: "64",
  }),
};

/** The rate limit on command lines: `off`, or a rate and a burst such as `16/s,128`. */
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

/** Formats a limit as {@linkcode rateLimitField} reads it. */
export function formatRateLimit({ perSecond, burst }: RateLimit): string {
  return burst === undefined ? `${perSecond}/s` : `${perSecond}/s,${burst}`;
}

/** All options of a guard, flat: of the command line, and of a change by the control interface. */
export const guardFields = {
  ...accessFields,
  rateLimit: rateLimitField,
  rateKod: rateFields.kod,
  rateIpv4Prefix: rateFields.ipv4Prefix,
  rateIpv6Prefix: rateFields.ipv6Prefix,
};

/**
 * Joins these options, over a limit that holds already.
 *
 * @throws {RangeError} If they contradict each other
 */
export function joinGuardOptions(
  { rateLimit, rateKod, rateIpv4Prefix, rateIpv6Prefix, ...access }: ValuesOf<typeof guardFields>,
  before: RateLimit | "off" = {},
): GuardOptions {
  const details = {
    ...(rateKod !== undefined && { kod: rateKod }),
    ...(rateIpv4Prefix !== undefined && { ipv4Prefix: rateIpv4Prefix }),
    ...(rateIpv6Prefix !== undefined && { ipv6Prefix: rateIpv6Prefix }),
  };
  const limit = rateLimit ?? before;
  if (limit === "off") {
    if (Object.keys(details).length === 0) return { access, rateLimit: "off" };
    const advice = rateLimit === "off" ? "leave out --rate-limit off" : "give a --rate-limit, too";
    throw new RangeError(`--rate-kod and the prefixes need a rate limit: ${advice}`);
  }
  // A rate without a burst has the burst that belongs to it.
  const { perSecond: _rate, burst: _burst, ...kept } = before === "off" ? {} : before;
  return {
    access,
    rateLimit: { ...(rateLimit === undefined ? before as RateLimit : kept), ...limit, ...details },
  };
}
