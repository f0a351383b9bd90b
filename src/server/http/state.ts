/** The state of a server as JSON, for its control interface and its status page. */
import config from "../../../deno.json" with { type: "json" };
import type { ServerState } from "../../client/control_api.ts";
import type { NtsState, ServedClockState, ServerWarning } from "../../client/served_state.ts";
import type { ServedTime } from "../../clock/served_time.ts";
import { repliesByProtocol } from "../../transports/counters.ts";
import type { NtsReport } from "../nts/outcomes.ts";
import type { ControlledListener, ControlledServer } from "./call.ts";
import { listSources } from "./sources.ts";
import { describeSimulation, type Finding, findWarnings } from "./warnings.ts";
import { describeStatus } from "./web/served_status.ts";

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
