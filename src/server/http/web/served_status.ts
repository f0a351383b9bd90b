/** The status of a served clock at one look, in the words of JSON and metrics. */
import type { UnixTime } from "../../../clock/clock.ts";
import type { ClockStatusState } from "../../../client/served_state.ts";
import type { ClockStatus } from "../../../clock/status.ts";
import { leapNames } from "../../../protocols/ntp/packet.ts";
import { formatReferenceId } from "../../../text/reference_id.ts";

/** The served time and its status, of one reading. */
export interface Look {
  readonly time: Readonly<UnixTime>;
  readonly status: ClockStatus;
}

/** A status as its clients see it: nothing bounds the error of a clock that is not synchronised. */
export type StatedStatus = Omit<ClockStatusState, "source">;

export function describeStatus({ time, status }: Look): StatedStatus {
  const leap = leapNames[status.leap] ?? "unsynchronized";
  if (leap === "unsynchronized") {
    // In NTP replies stratum and reference id are 0 (RFC 5905 §7.3).
    return {
      ...{ leap, synchronized: false, stratum: 0, referenceId: "" },
      ...{ rootDelay: null, rootDispersion: null, rootDistance: null },
    };
  }
  const ageSeconds = Math.max(time.seconds - status.referenceSeconds, 0);
  const rootDispersion = status.rootDispersionSeconds + ageSeconds * status.dispersionRate;
  return {
    ...{ leap, synchronized: true, stratum: status.stratum },
    referenceId: formatReferenceId(status.referenceId, status.stratum),
    rootDelay: status.rootDelaySeconds,
    rootDispersion,
    rootDistance: status.rootDelaySeconds / 2 + rootDispersion,
  };
}
