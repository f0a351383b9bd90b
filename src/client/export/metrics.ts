/** The metrics of servers as a client sees them, each written down once: for the exporter and for docs/metrics.md. */
import config from "../../../deno.json" with { type: "json" };
import { protocols } from "../../protocols/registry.ts";
import { runtime } from "../../system/runtime.ts";
import { toSeconds } from "../../text/duration.ts";
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

const [server, seconds1970] = [["server"], "in seconds since 1970"];

/** One sample per server of which the value is known. */
function ofServers(
  value: (server: ServerFigures) => number | undefined,
): ClientMetric["samples"] {
  return (servers) =>
    servers.flatMap((each): Sample[] => {
      const known = value(each);
      return known === undefined || !Number.isFinite(known) ? [] : [[[each.url], known]];
    });
}

function ofNtp(
  value: (reply: NonNullable<ReturnType<typeof ntpReplyOf>>) => number | undefined,
): ClientMetric["samples"] {
  return ofServers((each) => {
    const reply = ntpReplyOf(each);
    return reply && value(reply);
  });
}

/** One sample per server and state, 1 for the one that holds. */
function statesOf(url: string, states: readonly string[], held: string): Sample[] {
  return states.map((state) => [[url, state], Number(state === held)]);
}

function countsOf(
  keys: readonly string[],
  counts: (server: ServerFigures) => ReadonlyMap<string, number>,
): ClientMetric["samples"] {
  return (servers) =>
    servers.flatMap((each) =>
      keys.map((key): Sample => [[each.url, key], counts(each).get(key) ?? 0])
    );
}

/** What `compare()` says of servers with an offset, if they are enough. */
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
  {
    name: "timecli_up",
    type: "gauge",
    labels: server,
    help: "1 if the last exchange gave a usable time, otherwise 0.",
    samples: ofServers(({ isUp }) => Number(isUp)),
  },
  {
    name: "timecli_last_reply_timestamp_seconds",
    type: "gauge",
    labels: server,
    help: `When the last usable time came, by this machine's clock, ${seconds1970}; 0 if none did.`,
    samples: ofServers(({ lastReply }) => lastReply),
  },
  {
    name: "timecli_offset_seconds",
    type: "gauge",
    labels: server,
    help: "The server's clock minus this machine's: by the least delay of the last 8 exchanges.",
    samples: ofServers(({ estimate }) => estimate && toSeconds(estimate.offset)),
  },
  {
    name: "timecli_error_bound_seconds",
    type: "gauge",
    labels: server,
    help: "The error bound of the offset, either way, if the server is right.",
    samples: ofServers(({ estimate }) => estimate && toSeconds(estimate.errorBound)),
  },
  {
    name: "timecli_delay_seconds",
    type: "gauge",
    labels: server,
    help: "The least delay of the last 8 exchanges, there and back.",
    samples: ofServers(({ delay }) => delay),
  },
  {
    name: "timecli_jitter_seconds",
    type: "gauge",
    labels: server,
    help: "The root mean square of the other offsets' differences from that one.",
    samples: ofServers(({ estimate }) => estimate?.jitter && toSeconds(estimate.jitter)),
  },
  {
    name: "timecli_frequency_error_ratio",
    type: "gauge",
    labels: server,
    help: "How much faster the server's clock runs than this machine's: 1e-6 is 1 ppm.",
    samples: ofServers(({ frequencyError }) => frequencyError),
  },
  {
    name: "timecli_stratum",
    type: "gauge",
    labels: server,
    help: "The stratum of the last reply, 16 if it is not synchronised.",
    samples: ofNtp(({ stratum }) => stratum === 0 ? 16 : stratum),
  },
  {
    name: "timecli_root_delay_seconds",
    type: "gauge",
    labels: server,
    help: "The round-trip delay from the server to its reference clock, by the last reply.",
    samples: ofNtp(({ packet }) => packet.rootDelay),
  },
  {
    name: "timecli_root_dispersion_seconds",
    type: "gauge",
    labels: server,
    help: "The error bound of the server without that delay, by the last reply.",
    samples: ofNtp(({ packet }) => packet.rootDispersion),
  },
  {
    name: "timecli_root_distance_seconds",
    type: "gauge",
    labels: server,
    help: "The error bound of the offset against the server's reference clock.",
    samples: ofServers((each) =>
      ntpReplyOf(each) && each.estimate && toSeconds(each.estimate.rootDistance)
    ),
  },
  {
    name: "timecli_reference_timestamp_seconds",
    type: "gauge",
    labels: server,
    help: `When the server's clock was last set or corrected, ${seconds1970}.`,
    samples: ofNtp(({ packet: { referenceTimestamp }, serverSentAt }) =>
      referenceTimestamp === 0n
        ? undefined
        : toInstant(referenceTimestamp, serverSentAt).epochMilliseconds / 1000
    ),
  },
  {
    name: "timecli_precision_seconds",
    type: "gauge",
    labels: server,
    help: "The smallest step of the server's clock, by the last reply.",
    samples: ofNtp(({ packet }) => 2 ** packet.precision),
  },
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
    help: `With 3 servers or more, 1 for what compare says of it: ${verdicts.join(", ")}.`,
    samples: compareServers,
  },
  {
    name: "timecli_requests_total",
    type: "counter",
    labels: server,
    help: "Requests sent.",
    samples: ofServers(({ requests }) => requests),
  },
  {
    name: "timecli_steps_total",
    type: "counter",
    labels: server,
    help: "Steps of the server's clock that two exchanges in a row showed.",
    samples: ofServers(({ steps }) => steps),
  },
  {
    name: "timecli_failures_total",
    type: "counter",
    labels: ["server", "reason"],
    help: "Exchanges without a usable time, by error.reason of timecli --json.",
    samples: countsOf(queryFailures, ({ failures }) => failures),
  },
  {
    name: "timecli_kods_total",
    type: "counter",
    labels: ["server", "code"],
    help: `Kiss-o'-death packets received: ${kodCodes.join(", ")}.`,
    samples: countsOf(kodCodes, ({ kods }) => kods),
  },
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
