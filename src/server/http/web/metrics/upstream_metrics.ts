/** The upstream servers, if the server follows any. */
import { upstreamStates } from "../../../../client/served_state.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { numberMembers, type UpstreamReport } from "../../../upstreams/report.ts";
import type { Sampler, ServerMetric } from "./metric.ts";

/** Samples of the upstream servers; their number is that of the command line, pools included. */
function ofUpstreams(
  samples: (upstream: UpstreamReport) => readonly Sample[],
): Sampler {
  return ({ following }) => {
    const upstreams = following?.list() ?? [];
    const members = numberMembers(upstreams);
    return upstreams.flatMap((upstream, i) =>
      samples(upstream).map(([labels, value]): Sample => [
        [upstream.url, String(members[i]), ...labels],
        value,
      ])
    );
  };
}

/** A value of each upstream; left out where it is not known. */
function ofUpstream(
  value: (upstream: UpstreamReport) => number | undefined,
): Sampler {
  return ofUpstreams((upstream) => {
    const known = value(upstream);
    return known === undefined ? [] : [[[], known]];
  });
}

/** The ones among the last eight bits. */
function countOnes(bits: number): number {
  return [...(bits & 0xff).toString(2)].filter((bit) => bit === "1").length;
}

const labels = ["upstream", "member"];

export const upstreamMetrics: readonly ServerMetric[] = [
  {
    name: "timesrv_upstream_up",
    type: "gauge",
    labels,
    help:
      "1 if the last request to an upstream server was answered; member counts a pool's addresses.",
    samples: ofUpstream(({ reach }) => reach & 1),
  },
  {
    name: "timesrv_upstream_state",
    type: "gauge",
    labels: [...labels, "state"],
    help: `1 for the state that holds: ${upstreamStates.join(", ")}.`,
    samples: ofUpstreams((upstream) =>
      upstreamStates.map((state): Sample => [[state], Number(state === upstream.state)])
    ),
  },
  {
    name: "timesrv_upstream_offset_seconds",
    type: "gauge",
    labels,
    help: "The clock of an upstream server minus the time served.",
    samples: ofUpstream(({ offset }) => offset),
  },
  {
    name: "timesrv_upstream_root_distance_seconds",
    type: "gauge",
    labels,
    help: "The error bound of that offset.",
    samples: ofUpstream(({ distance }) => distance),
  },
  {
    name: "timesrv_upstream_delay_seconds",
    type: "gauge",
    labels,
    help: "The round-trip delay of the last exchange.",
    samples: ofUpstream(({ delay }) => delay),
  },
  {
    name: "timesrv_upstream_jitter_seconds",
    type: "gauge",
    labels,
    help: "The standard deviation of the offset.",
    samples: ofUpstream(({ jitter }) => jitter),
  },
  {
    name: "timesrv_upstream_stratum",
    type: "gauge",
    labels,
    help: "The stratum of the last reply.",
    samples: ofUpstream(({ stratum }) => stratum),
  },
  {
    name: "timesrv_upstream_reach_ratio",
    type: "gauge",
    labels,
    help: "The share of the last eight requests that were answered.",
    samples: ofUpstream(({ reach }) => countOnes(reach) / 8),
  },
  {
    name: "timesrv_upstream_reply_age_seconds",
    type: "gauge",
    labels,
    help: "The time since the last reply.",
    samples: ofUpstream(({ lastReply }) => lastReply),
  },
  {
    name: "timesrv_upstream_requests_total",
    type: "counter",
    labels,
    help: "Requests sent to an upstream server.",
    samples: ofUpstream(({ requests }) => requests),
  },
  {
    name: "timesrv_upstream_replies_total",
    type: "counter",
    labels,
    help: "Replies of an upstream server with a usable time.",
    samples: ofUpstream(({ replies }) => replies),
  },
];
