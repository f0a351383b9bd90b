/** Who may ask a server, and how often, as it is said on the command line. */
import { InvalidArgumentError } from "commander";
import { accessTable } from "../../server/guard/access.ts";
import type { AccessOptions, RateLimit } from "../../server/guard/options.ts";
import type { GuardOptions } from "../../server/guard/guard.ts";
import { rateTable } from "../../server/guard/rate_limit.ts";
import { UsageError } from "../shared/usage_error.ts";

/** The options of the command line that make a guard. */
export interface GuardFlags {
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly denyAction: "drop" | "kod";
  readonly rateLimit?: RateLimit | "off" | undefined;
  readonly rateKod?: number | undefined;
  readonly rateIpv4Prefix?: number | undefined;
  readonly rateIpv6Prefix?: number | undefined;
}

/**
 * What they say.
 *
 * @throws {UsageError} If they contradict each other
 */
export function guardOf(flags: GuardFlags): GuardOptions {
  const { allow, deny, denyAction, rateLimit, rateKod, rateIpv4Prefix, rateIpv6Prefix } = flags;
  const limit = {
    ...(rateKod !== undefined && { kod: rateKod }),
    ...(rateIpv4Prefix !== undefined && { ipv4Prefix: rateIpv4Prefix }),
    ...(rateIpv6Prefix !== undefined && { ipv6Prefix: rateIpv6Prefix }),
  };
  const [of] = Object.keys(limit);
  if (rateLimit === "off" && of !== undefined) {
    throw new UsageError("Without a --rate-limit there is nothing for --rate-kod and the prefixes");
  }
  return {
    access: checkAccess({ ...(allow && { allow }), ...(deny && { deny }), denyAction }),
    rateLimit: rateLimit === "off" ? "off" : { ...rateLimit, ...limit },
  };
}

/** Adds the networks of one option, given again or with commas, to those before it. */
export function parseNetworks(text: string, before: readonly string[] = []): readonly string[] {
  const networks = text.split(",").map((network) => network.trim());
  understood(() => accessTable({ allow: networks }));
  return [...before, ...networks];
}

/** Reads `off`, or a rate as `16/s`, also with what may come at once as `16/s,128`. */
export function parseRateLimit(text: string): RateLimit | "off" {
  if (text === "off") return text;
  const [, rate, burst] = /^(\d*\.?\d+)\/s(?:,(\d+))?$/.exec(text) ?? [];
  if (rate === undefined) {
    throw new InvalidArgumentError(
      'Expected "off", or requests a second and at once, such as 16/s or 16/s,128.',
    );
  }
  const limit = { perSecond: Number(rate), ...(burst !== undefined && { burst: Number(burst) }) };
  understood(() => rateTable(limit));
  return limit;
}

/** Whether a number says how many bits of an address count. */
export function isBits(most: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= 1 && value <= most;
}

/** Reads rules for what is wrong with all of them together. */
function checkAccess(access: AccessOptions): AccessOptions {
  try {
    accessTable(access);
    return access;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function understood(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}
