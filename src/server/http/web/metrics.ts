/** The metrics of a server, each written down once: for `/metrics` and for docs/metrics.md. */
import config from "../../../../deno.json" with { type: "json" };
import { refusalCauses } from "../../../protocols/responder.ts";
import type { ServedTime } from "../../../clock/served_time.ts";
import { formatReferenceId } from "../../../text/reference_id.ts";
import type { Metric, Sample } from "../../../text/exposition.ts";
import { repliesByProtocol, type Totals } from "../../../transports/counters.ts";
import { upstreamStates } from "../../../client/source_list.ts";
import type { UpstreamReport } from "../../upstreams/upstreams.ts";
import type { ControlledListener, ControlledServer } from "../call.ts";
import { leapWords, rootDistance } from "./served_status.ts";
import { runtime } from "../../../system/runtime.ts";

/** A metric, and where its samples come from. */
interface ServerMetric extends Metric {
  readonly samples: (server: ControlledServer) => readonly Sample[];
}

/** One sample per listener. */
function ofListeners(
  value: (totals: Totals) => number,
): (server: ControlledServer) => Sample[] {
  return ({ listeners }) => listeners.map(({ url, totals }) => [[url], value(totals())]);
}

/** Samples of each clock: the server's, and those that listeners have of their own. */
function ofClocks(
  samples: (time: ServedTime) => readonly Sample[],
): (server: ControlledServer) => Sample[] {
  return ({ time, listeners }) => {
    const own = listeners.filter((listener) => listener.time !== time);
    const clocks = [["server", time] as const, ...own.map(({ url, time }) => [url, time] as const)];
    return clocks.flatMap(([clock, time]) =>
      samples(time).map(([labels, value]): Sample => [[clock, ...labels], value])
    );
  };
}

function ofClock(value: (time: ServedTime) => number): ReturnType<typeof ofClocks> {
  return ofClocks((time) => [[[], value(time)]]);
}

/** Samples of the upstream servers; their number is that of the command line, pools included. */
function ofUpstreams(
  samples: (upstream: UpstreamReport) => readonly Sample[],
): (server: ControlledServer) => Sample[] {
  return ({ following }) => {
    const counts = new Map<string, number>();
    return (following?.list() ?? []).flatMap((upstream) => {
      const member = (counts.get(upstream.url) ?? 0) + 1;
      counts.set(upstream.url, member);
      return samples(upstream).map(([labels, value]): Sample => [
        [upstream.url, String(member), ...labels],
        value,
      ]);
    });
  };
}

/** A value of each upstream; left out where it is not known. */
function ofUpstream(
  value: (upstream: UpstreamReport) => number | undefined,
): ReturnType<typeof ofUpstreams> {
  return ofUpstreams((upstream) => {
    const known = value(upstream);
    return known === undefined ? [] : [[[], known]];
  });
}

/** The ones among the last eight bits. */
function countOnes(bits: number): number {
  return [...(bits & 0xff).toString(2)].filter((bit) => bit === "1").length;
}

const upstreamLabels = ["upstream", "member"];

const [listener, clock] = [["listener"], ["clock"]];

export const serverMetrics: readonly ServerMetric[] = [
  {
    name: "timesrv_build_info",
    type: "info",
    labels: ["version", "deno", "transport"],
    help: "What runs; always 1.",
    samples: ({ transport }) => [[[config.version, runtime.version.deno, transport], 1]],
  },
  {
    name: "timesrv_start_time_seconds",
    type: "gauge",
    help: "When it was started, by this machine's clock, in seconds since 1970.",
    samples: ({ started }) => [[[], started.epochMilliseconds / 1000]],
  },
  {
    name: "timesrv_answering",
    type: "gauge",
    help: "1 while every listener replies, otherwise 0.",
    samples: ({ isAnswering }) => [[[], Number(isAnswering())]],
  },
  {
    name: "timesrv_datagrams_received_total",
    type: "counter",
    labels: listener,
    help: "Datagrams received.",
    samples: ofListeners(({ received }) => received),
  },
  {
    name: "timesrv_replies_total",
    type: "counter",
    labels: ["listener", "protocol"],
    help: "Replies with the time sent, by the protocol that was spoken.",
    samples: ({ listeners }) =>
      listeners.flatMap(({ url, protocol, totals }) =>
        repliesByProtocol(protocol, totals()).map((
          [spoken, count],
        ): Sample => [[url, spoken], count])
      ),
  },
  {
    name: "timesrv_kods_total",
    type: "counter",
    labels: listener,
    help: "Kiss-o'-death packets sent, which carry no time.",
    samples: ofListeners(({ kisses }) => kisses),
  },
  {
    name: "timesrv_reply_copies_total",
    type: "counter",
    labels: listener,
    help: "Extra copies of replies sent (a fault).",
    samples: ofListeners(({ copies }) => copies),
  },
  {
    name: "timesrv_refusals_total",
    type: "counter",
    labels: ["listener", "cause"],
    help: "Datagrams that were deliberately not answered, by cause.",
    samples: ({ listeners }) =>
      listeners.flatMap(({ url, totals }: ControlledListener) => {
        const { refused } = totals();
        return refusalCauses.map((cause): Sample => [[url, cause], refused[cause]]);
      }),
  },
  {
    name: "timesrv_errors_total",
    type: "counter",
    labels: ["listener", "operation"],
    help: "Failures, by what failed: receive, respond or send.",
    samples: ({ listeners }) =>
      listeners.flatMap(({ url, totals }): Sample[] => {
        const { receiveErrors, responderErrors, sendErrors } = totals();
        return [
          [[url, "receive"], receiveErrors],
          [[url, "respond"], responderErrors],
          [[url, "send"], sendErrors],
        ];
      }),
  },
  {
    name: "timesrv_served_time_seconds",
    type: "gauge",
    labels: clock,
    help: "The time being served, in seconds since 1970.",
    samples: ofClock((time) => time.now().epochMilliseconds / 1000),
  },
  {
    name: "timesrv_clock_offset_seconds",
    type: "gauge",
    labels: clock,
    help: "How far the served clock is ahead of this machine's.",
    samples: ofClock((time) => time.state.offset),
  },
  {
    name: "timesrv_clock_rate_ratio",
    type: "gauge",
    labels: clock,
    help: "How fast the served clock runs: 1 as this machine's.",
    samples: ofClock((time) => time.state.rate),
  },
  {
    name: "timesrv_clock_simulated",
    type: "gauge",
    labels: clock,
    help: "1 while a simulated clock is served, which is not the true time.",
    samples: ofClock((time) => Number(time.isSimulated)),
  },
  {
    name: "timesrv_clock_synchronized",
    type: "gauge",
    labels: clock,
    help: "0 while NTP clients are to ignore the time.",
    samples: ofClock((time) => Number(time.look().status.leap !== 3)),
  },
  {
    name: "timesrv_clock_leap",
    type: "gauge",
    labels: ["clock", "state"],
    help: "1 for the leap indicator that holds: none, insert, delete, unsynchronized.",
    samples: ofClocks((time) => {
      const { leap } = time.look().status;
      return leapWords.map((word, i): Sample => [[word], Number(i === leap)]);
    }),
  },
  {
    name: "timesrv_clock_stratum",
    type: "gauge",
    labels: clock,
    help: "The stratum in NTP replies.",
    samples: ofClock((time) => time.look().status.stratum),
  },
  {
    name: "timesrv_clock_root_delay_seconds",
    type: "gauge",
    labels: clock,
    help: "The round-trip delay to the reference clock.",
    samples: ofClock((time) => time.look().status.rootDelaySeconds),
  },
  {
    name: "timesrv_clock_root_dispersion_seconds",
    type: "gauge",
    labels: clock,
    help: "The error bound of the served clock, without the delay.",
    samples: ofClock((time) => rootDistance(time.look()).dispersion),
  },
  {
    name: "timesrv_clock_root_distance_seconds",
    type: "gauge",
    labels: clock,
    help: "How far the served clock may be off: half the root delay, and the root dispersion.",
    samples: ofClock((time) => rootDistance(time.look()).distance),
  },
  {
    name: "timesrv_clock_reference_timestamp_seconds",
    type: "gauge",
    labels: clock,
    help: "When the served clock was last set or corrected, in seconds since 1970.",
    samples: ofClock((time) => time.look().status.referenceSeconds),
  },
  {
    name: "timesrv_clock_precision_seconds",
    type: "gauge",
    labels: clock,
    help: "The smallest step of the served clock.",
    samples: ofClock((time) => 2 ** time.look().status.precision),
  },
  {
    name: "timesrv_clock_info",
    type: "info",
    labels: ["clock", "reference_id"],
    help: "The reference id in NTP replies; always 1.",
    samples: ofClocks((time) => {
      const { referenceId, stratum } = time.look().status;
      return [[[formatReferenceId(referenceId, stratum)], 1]];
    }),
  },
  {
    name: "timesrv_upstream_up",
    type: "gauge",
    labels: upstreamLabels,
    help:
      "1 if the last request to an upstream server was answered; member counts a pool's addresses.",
    samples: ofUpstream(({ reach }) => reach & 1),
  },
  {
    name: "timesrv_upstream_state",
    type: "gauge",
    labels: [...upstreamLabels, "state"],
    help: `1 for the state that holds: ${upstreamStates.join(", ")}.`,
    samples: ofUpstreams((upstream) =>
      upstreamStates.map((state): Sample => [[state], Number(state === upstream.state)])
    ),
  },
  {
    name: "timesrv_upstream_offset_seconds",
    type: "gauge",
    labels: upstreamLabels,
    help: "The clock of an upstream server minus the time served.",
    samples: ofUpstream(({ offset }) => offset),
  },
  {
    name: "timesrv_upstream_root_distance_seconds",
    type: "gauge",
    labels: upstreamLabels,
    help: "The error bound of that offset.",
    samples: ofUpstream(({ distance }) => distance),
  },
  {
    name: "timesrv_upstream_delay_seconds",
    type: "gauge",
    labels: upstreamLabels,
    help: "The round-trip delay of the last exchange.",
    samples: ofUpstream(({ delay }) => delay),
  },
  {
    name: "timesrv_upstream_jitter_seconds",
    type: "gauge",
    labels: upstreamLabels,
    help: "The standard deviation of the offset.",
    samples: ofUpstream(({ jitter }) => jitter),
  },
  {
    name: "timesrv_upstream_stratum",
    type: "gauge",
    labels: upstreamLabels,
    help: "The stratum of the last reply.",
    samples: ofUpstream(({ stratum }) => stratum),
  },
  {
    name: "timesrv_upstream_reach_ratio",
    type: "gauge",
    labels: upstreamLabels,
    help: "The share of the last eight requests that were answered.",
    samples: ofUpstream(({ reach }) => countOnes(reach) / 8),
  },
  {
    name: "timesrv_upstream_reply_age_seconds",
    type: "gauge",
    labels: upstreamLabels,
    help: "The time since the last reply.",
    samples: ofUpstream(({ lastReply }) => lastReply),
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory of the process.",
    samples: () => [[[], runtime.memoryUsage().rss]],
  },
];
