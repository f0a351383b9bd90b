/** The metrics of servers as a client sees them, each written down once: for the exporter and for docs/metrics.md. */
import config from "../../../deno.json" with { type: "json" };
import { protocols } from "../../protocols/registry.ts";
import { runtime } from "../../system/runtime.ts";
import { toSeconds } from "../../text/duration.ts";
import type { NtpReply } from "../../protocols/reply.ts";
import type { Metric, Sample } from "../../text/exposition.ts";
import { combine, type Verdict } from "../compare.ts";
import { kodCodes, ntpReplyOf, type ServerFigures } from "./server_record.ts";
import { queryFailures } from "../../protocols/failure.ts";
import { leapNames } from "../../protocols/ntp/packet.ts";
import { toInstant } from "../../protocols/ntp/timestamp.ts";

/** A metric, and its samples of some servers. */
export interface ClientMetric extends Metric {
  readonly samples: (servers: readonly ServerFigures[]) => readonly Sample[];
}

const verdicts: readonly Verdict[] = ["agrees", "falseticker", "undecided", "alone", "failed"];

/** Among fewer servers, a wrong one cannot be identified. */
const MIN_COMPARED = 3;

const seconds1970 = "in seconds since 1970";

/** A metric with one sample per server of which the value is known. */
function ofServers(
  name: string,
  help: string,
  value: (server: ServerFigures) => number | undefined,
  type: Metric["type"] = "gauge",
): ClientMetric {
  return {
    ...{ name, type, labels: ["server"], help },
    samples: (servers) =>
      servers.flatMap((each): Sample[] => {
        const known = value(each);
        return known === undefined || !Number.isFinite(known) ? [] : [[[each.url], known]];
      }),
  };
}

/** The same of the last reply, where that is of NTP. */
function ofNtp(
  name: string,
  help: string,
  value: (reply: NtpReply) => number | undefined,
): ClientMetric {
  return ofServers(name, help, (each) => {
    const reply = ntpReplyOf(each);
    return reply && value(reply);
  });
}

/** One sample per server and state, 1 for the one that holds. */
function statesOf(url: string, states: readonly string[], held: string): Sample[] {
  return states.map((state) => [[url, state], Number(state === held)]);
}

/** A counter with one sample per server and key. */
function countsOf(
  name: string,
  label: string,
  help: string,
  keys: readonly string[],
  counts: (server: ServerFigures) => ReadonlyMap<string, number>,
): ClientMetric {
  return {
    ...{ name, type: "counter", labels: ["server", label], help },
    samples: (servers) =>
      servers.flatMap((each) =>
        keys.map((key): Sample => [[each.url, key], counts(each).get(key) ?? 0])
      ),
  };
}

/** The verdicts of `compare()` on servers with an offset, if there are enough. */
function compareServers(servers: readonly ServerFigures[]): Sample[] {
  const measurable = servers.filter(({ protocol }) => protocols[protocol].hasOffset);
  if (measurable.length < MIN_COMPARED) return [];
  const samples = measurable.map(({ url, estimate }) => ({
    ...{ url, exchanges: [], loss: 0, warnings: [] },
    ...estimate && { estimate },
  }));
  return combine(samples).servers.flatMap(({ url, verdict }) => statesOf(url, verdicts, verdict));
}

/** Of the program alone. */
const buildMetric: ClientMetric = {
  name: "timecli_build_info",
  type: "info",
  labels: ["version", "deno"],
  help: "What runs; always 1.",
  samples: () => [[[config.version, runtime.version.deno], 1]],
};

/** Of each server, by one measurement or many. */
export const measuredMetrics: readonly ClientMetric[] = [
  ofServers(
    "timecli_up",
    "1 if the last exchange gave a usable time, otherwise 0.",
    ({ isUp }) => Number(isUp),
  ),
  ofServers(
    "timecli_last_reply_timestamp_seconds",
    `When the last usable time came, by this machine's clock, ${seconds1970}; 0 if none did.`,
    ({ lastReply }) => lastReply,
  ),
  ofServers(
    "timecli_offset_seconds",
    "The server's clock minus this machine's: by the least delay of the last 8 exchanges.",
    ({ estimate }) => estimate && toSeconds(estimate.offset),
  ),
  ofServers(
    "timecli_error_bound_seconds",
    "The error bound of the offset, either way, if the server is right.",
    ({ estimate }) => estimate && toSeconds(estimate.errorBound),
  ),
  ofServers(
    "timecli_delay_seconds",
    "The least delay of the last 8 exchanges, there and back.",
    ({ delay }) => delay,
  ),
  ofServers(
    "timecli_jitter_seconds",
    "The root mean square of the other offsets' differences from that one.",
    ({ estimate }) => estimate?.jitter && toSeconds(estimate.jitter),
  ),
  ofServers(
    "timecli_frequency_error_ratio",
    "How much faster the server's clock runs than this machine's: 1e-6 is 1 ppm.",
    ({ frequencyError }) => frequencyError,
  ),
  ofNtp(
    "timecli_stratum",
    "The stratum of the last reply, 16 if it is not synchronised.",
    ({ stratum }) => stratum === 0 ? 16 : stratum,
  ),
  ofNtp(
    "timecli_root_delay_seconds",
    "The round-trip delay from the server to its reference clock, by the last reply.",
    ({ packet }) => packet.rootDelay,
  ),
  ofNtp(
    "timecli_root_dispersion_seconds",
    "The error bound of the server without that delay, by the last reply.",
    ({ packet }) => packet.rootDispersion,
  ),
  ofServers(
    "timecli_root_distance_seconds",
    "The error bound of the offset against the server's reference clock.",
    (each) => ntpReplyOf(each) && each.estimate && toSeconds(each.estimate.rootDistance),
  ),
  ofNtp(
    "timecli_reference_timestamp_seconds",
    `When the server's clock was last set or corrected, ${seconds1970}.`,
    ({ packet: { referenceTimestamp }, serverSentAt }) =>
      referenceTimestamp === 0n
        ? undefined
        : toInstant(referenceTimestamp, serverSentAt).epochMilliseconds / 1000,
  ),
  ofNtp(
    "timecli_precision_seconds",
    "The smallest step of the server's clock, by the last reply.",
    ({ packet }) => 2 ** packet.precision,
  ),
  {
    name: "timecli_leap",
    type: "gauge",
    labels: ["server", "state"],
    help: `1 for the leap indicator of the last reply: ${leapNames.join(", ")}.`,
    samples: (servers) =>
      servers.flatMap((each) => {
        const reply = ntpReplyOf(each);
        return reply ? statesOf(each.url, leapNames, reply.leap) : [];
      }),
  },
  {
    name: "timecli_server_info",
    type: "info",
    labels: ["server", "protocol", "address", "reference_id", "version"],
    help:
      "What replied last: protocol, address, and the reference id and version of NTP; always 1.",
    samples: (servers) =>
      servers.flatMap((each): Sample[] => {
        const { url, reply, protocol } = each;
        if (!reply) return [];
        const { referenceId = "", packet } = ntpReplyOf(each) ?? {};
        const version = packet === undefined ? "" : String(packet.version);
        return [[[url, protocol, reply.from.hostname, referenceId, version], 1]];
      }),
  },
];

/** Of the servers that are kept watched. */
export const watchedMetrics: readonly ClientMetric[] = [
  buildMetric,
  ...measuredMetrics,
  {
    name: "timecli_verdict",
    type: "gauge",
    labels: ["server", "state"],
    help: `With 3 servers or more, 1 for the verdict of compare on it: ${verdicts.join(", ")}.`,
    samples: compareServers,
  },
  ofServers("timecli_requests_total", "Requests sent.", ({ requests }) => requests, "counter"),
  ofServers(
    "timecli_steps_total",
    "Steps of the server's clock that two exchanges in a row showed.",
    ({ steps }) => steps,
    "counter",
  ),
  countsOf(
    "timecli_failures_total",
    "reason",
    "Exchanges without a usable time, by error.reason of timecli --json.",
    queryFailures,
    ({ failures }) => failures,
  ),
  countsOf(
    "timecli_kods_total",
    "code",
    `Kiss-o'-death packets received: ${kodCodes.join(", ")}.`,
    kodCodes,
    ({ kods }) => kods,
  ),
];

/** The outcome of `/probe`. */
export interface ProbeOutcome {
  readonly figures: ServerFigures;
  readonly durationSeconds: number;
  /** Why there is no usable time. */
  readonly failure: string | undefined;
}

/** Of `/probe` alone, beside {@linkcode measuredMetrics}. */
export const probeMetrics: readonly (Metric & {
  readonly samples: (outcome: ProbeOutcome) => readonly Sample[];
})[] = [
  {
    name: "probe_success",
    type: "gauge",
    help: "1 if the target sent a usable time, otherwise 0.",
    samples: ({ failure }) => [[[], Number(failure === undefined)]],
  },
  {
    name: "probe_duration_seconds",
    type: "gauge",
    help: "How long the measurement took.",
    samples: ({ durationSeconds }) => [[[], durationSeconds]],
  },
  {
    name: "probe_failure_info",
    type: "info",
    labels: ["reason"],
    help: "Why there is no usable time, by error.reason of timecli --json; left out on success.",
    samples: ({ failure }) => failure === undefined ? [] : [[[failure], 1]],
  },
];
