/** The options `-4` and `-6` of both programs. */
import { flag } from "../../options/field.ts";
import type { AddressFamily } from "../../system/address.ts";

export const familyFields = {
  ipv4: flag({ name: "ipv4", short: "4", help: "use IPv4 only", conflicts: ["ipv6"] }),
  ipv6: flag({ name: "ipv6", short: "6", help: "use IPv6 only" }),
};

/** The IP version as the library has it. */
export function familyOf(
  { ipv4, ipv6 }: { readonly ipv4?: boolean; readonly ipv6?: boolean },
): AddressFamily | undefined {
  return ipv4 ? 4 : ipv6 ? 6 : undefined;
}
