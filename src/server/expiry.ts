import type { ServedTime } from "../clock/served_time.ts";
import type { Endpoint } from "../protocols/endpoint.ts";
import { isLoopback } from "../system/address.ts";

/** The limits of root distance are 1.5 s (ntpd), 3 s (chrony) and 5 s (systemd-timesyncd), at 15 ppm. */
const EXPIRY_WARNING = "Nothing keeps this machine's clock right: NTP clients drop this server " +
  "after 1 to 4 days. If you vouch for the clock: --local";

/** The warning for a server that NTP clients of other machines leave after some days. */
export function expiryWarning(
  listeners: readonly (Endpoint & { readonly time: ServedTime })[],
): string | undefined {
  const isExpiring = listeners.some(({ protocol, hostname, time }) =>
    // Clients of this machine are tests: real ones run for days.
    (protocol === "ntp" || protocol === "auto") && !isLoopback(hostname) && time.isExpiring
  );
  return isExpiring ? EXPIRY_WARNING : undefined;
}
