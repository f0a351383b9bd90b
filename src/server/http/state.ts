/** The state of a server as JSON, for its control interface and its status page. */
import config from "../../../deno.json" with { type: "json" };
import type { ServerState } from "../../client/control_api.ts";
import type {
  ClockStatusState,
  NtsState,
  ServedClockState,
  ServerWarning,
  SourceList,
} from "../../client/served_state.ts";
import type { ServedTime } from "../../clock/served_time.ts";
import { repliesByProtocol } from "../../transports/counters.ts";
import type { NtsReport } from "../nts/setup.ts";
import type { ControlledListener, ControlledServer } from "./call.ts";
import { describeSimulation, type Finding, findWarnings } from "./warnings.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";
import type { UnixTime } from "../../clock/clock.ts";
import type { ClockStatus } from "../../clock/status.ts";
import { leapNames } from "../../protocols/ntp/packet.ts";
import { formatReferenceId } from "../../text/reference_id.ts";

/**
 * Describes a server now.
 *
 * @param listeners Those that are listed
 * @param since When a warning began; unknown by default
 */
export function stateOf(
  subject: ControlledServer,
  listeners: readonly ControlledListener[] = subject.listeners,
  since: (finding: Finding) => string | null = () => null,
): Omit<ServerState, "schema"> {
  const { transport, isAnswering, totals, time, started, following, nts } = subject;
  const warnings = findWarnings(subject).map((finding): ServerWarning => {
    const { level, kind, text } = finding;
    return { level, kind, text, since: since(finding) };
  });
  return {
    version: config.version,
    started: started.toString({ smallestUnit: "millisecond" }),
    uptime: started.until(Temporal.Now.instant()).total("seconds"),
    transport,
    answering: isAnswering(),
    warnings,
    clock: clockOf(time),
    listeners: listeners.map(({ url, protocol, hostname, port, time: own, totals, faults }) => ({
      url,
      protocol,
      hostname,
      port,
      totals: totals(),
      replies: Object.fromEntries(repliesByProtocol(protocol, totals())),
      ...(own !== time && { clock: clockOf(own) }),
      ...(faults && { faults: { ...faults.options }, seed: faults.seed }),
    })),
    totals: totals(),
    ...(following && listSources(following)),
    ...(nts && { nts: ntsOf(nts.report) }),
  };
}

function ntsOf({ newestKey, certificateEnd, ...rest }: NtsReport): NtsState {
  return {
    ...rest,
    newestKey: newestKey.toString({ smallestUnit: "millisecond" }),
    certificateEnd: certificateEnd.toString(),
  };
}

function clockOf(time: ServedTime): ServedClockState {
  const { state } = time;
  return {
    ...state,
    simulated: time.isSimulated ? describeSimulation(state) : [],
    status: { ...describeStatus(time.look()), source: time.statusSource },
  };
}

/** Lists the upstream servers, with null for what is not known. */
export function listSources(following: Pick<Upstreams, "list" | "discipline">): SourceList {
  const { state, distance } = following.discipline;
  return {
    discipline: { state, rootDistance: distance ?? null },
    upstreams: following.list().map((upstream) => ({
      ...upstream,
      address: upstream.address ?? null,
      stratum: upstream.stratum ?? null,
      offset: upstream.offset ?? null,
      distance: upstream.distance ?? null,
      delay: upstream.delay ?? null,
      jitter: upstream.jitter ?? null,
      lastReply: upstream.lastReply ?? null,
    })),
  };
}

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

/** Milliseconds since 1970, exact to a quarter of a microsecond. */
export function toMilliseconds({ time: { seconds, nanoseconds } }: Look): number {
  return seconds * 1000 + Math.round(nanoseconds / 100) / 1e4;
}
