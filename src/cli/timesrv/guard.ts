/** Access, rate limit and control interface, as the command line has them. */
import type { ValuesOf } from "../../options/field.ts";
import { pickOptions } from "../../options/read.ts";
import { accessTable } from "../../server/guard/access.ts";
import type { GuardOptions } from "../../server/guard/guard.ts";
import { accessFields, type rateFields, type RateLimit } from "../../server/guard/options.ts";
import { needsToken, parseControl } from "../../server/http/address.ts";
import { controlFields } from "../../server/http/options.ts";
import { asArgumentError, UsageError } from "../shared/usage_error.ts";

type RateValues = ValuesOf<typeof rateFields>;

/** The values of the command line that make a guard. */
export interface GuardValues extends ValuesOf<typeof accessFields> {
  readonly rateLimit?: RateLimit | "off";
  readonly rateKod?: NonNullable<RateValues["kod"]>;
  readonly rateIpv4Prefix?: NonNullable<RateValues["ipv4Prefix"]>;
  readonly rateIpv6Prefix?: NonNullable<RateValues["ipv6Prefix"]>;
}

/**
 * The options of the guard.
 *
 * @throws {UsageError} If they contradict each other
 */
export function guardOf(values: GuardValues): GuardOptions {
  const { rateLimit, rateKod, rateIpv4Prefix, rateIpv6Prefix } = values;
  const limit = {
    ...(rateKod !== undefined && { kod: rateKod }),
    ...(rateIpv4Prefix !== undefined && { ipv4Prefix: rateIpv4Prefix }),
    ...(rateIpv6Prefix !== undefined && { ipv6Prefix: rateIpv6Prefix }),
  };
  if (rateLimit === "off" && Object.keys(limit).length > 0) {
    throw new UsageError("Without a --rate-limit there is nothing for --rate-kod and the prefixes");
  }
  const access = pickOptions(accessFields, values);
  asArgumentError(() => accessTable(access));
  return { access, rateLimit: rateLimit === "off" ? "off" : { ...rateLimit, ...limit } };
}

/**
 * The options of the control interface.
 *
 * @throws {UsageError} If other machines could change the server without a token
 */
export function controlOf(
  values: ValuesOf<typeof controlFields>,
): ValuesOf<typeof controlFields> {
  const { control, controlToken } = values;
  if (control === undefined) {
    if (controlToken !== undefined) throw new UsageError("--control-token goes with --control");
  } else if (controlToken === undefined && needsToken(parseControl(control).hostname)) {
    throw new UsageError(
      `Other machines may reach --control ${control}: it needs a --control-token`,
    );
  }
  return pickOptions(controlFields, values);
}
