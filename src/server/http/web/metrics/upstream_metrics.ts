/** The upstream servers, if the server follows any. */
import { upstreamStates } from "../../../../client/served_state.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { numberMembers, type UpstreamReport } from "../../../upstreams/report.ts";
import { counter, gauge, type Samples, type ServerMetric } from "./metric.ts";

/** Samples of the upstream servers; their number is that of the command line, pools included. */
function ofUpstreams(
  further: readonly string[],
  samples: (upstream: UpstreamReport) => readonly Sample[],
): Samples {
  return {
    labels: ["upstream", "member", ...further],
    samples: ({ following }) => {
      const upstreams = following?.list() ?? [];
      const members = numberMembers(upstreams);
      return upstreams.flatMap((upstream, i) =>
        samples(upstream).map(([labels, value]): Sample => [
          [upstream.url, String(members[i]), ...labels],
          value,
        ])
      );
    },
  };
}

/** A value of each upstream server; left out where it is not known. */
function ofUpstream(value: (upstream: UpstreamReport) => number | undefined): Samples {
  return ofUpstreams([], (upstream) => {
    const known = value(upstream);
    return known === undefined ? [] : [[[], known]];
  });
}

/** The ones among the last eight bits. */
function countOnes(bits: number): number {
  return [...(bits & 0xff).toString(2)].filter((bit) => bit === "1").length;
}

export const upstreamMetrics: readonly ServerMetric[] = [
  gauge(
    "timesrv_upstream_up",
    "1 if the last request to an upstream server was answered; member counts a pool's addresses.",
    ofUpstream(({ reach }) => reach & 1),
  ),
  gauge(
    "timesrv_upstream_state",
    `1 for the state that holds: ${upstreamStates.join(", ")}.`,
    ofUpstreams(
      ["state"],
      (upstream) =>
        upstreamStates.map((state): Sample => [[state], Number(state === upstream.state)]),
    ),
  ),
  gauge(
    "timesrv_upstream_offset_seconds",
    "The clock of an upstream server minus the time served.",
    ofUpstream(({ offset }) => offset),
  ),
  gauge(
    "timesrv_upstream_root_distance_seconds",
    "The error bound of that offset.",
    ofUpstream(({ distance }) => distance),
  ),
  gauge(
    "timesrv_upstream_delay_seconds",
    "The round-trip delay of the last exchange.",
    ofUpstream(({ delay }) => delay),
  ),
  gauge(
    "timesrv_upstream_jitter_seconds",
    "The standard deviation of the offset.",
    ofUpstream(({ jitter }) => jitter),
  ),
  gauge(
    "timesrv_upstream_stratum",
    "The stratum of the last reply.",
    ofUpstream(({ stratum }) => stratum),
  ),
  gauge(
    "timesrv_upstream_reach_ratio",
    "The share of the last eight requests that were answered.",
    ofUpstream(({ reach }) => countOnes(reach) / 8),
  ),
  gauge(
    "timesrv_upstream_reply_age_seconds",
    "The time since the last reply.",
    ofUpstream(({ lastReply }) => lastReply),
  ),
  counter(
    "timesrv_upstream_requests_total",
    "Requests sent to an upstream server.",
    ofUpstream(({ requests }) => requests),
  ),
  counter(
    "timesrv_upstream_replies_total",
    "Replies of an upstream server with a usable time.",
    ofUpstream(({ replies }) => replies),
  ),
];
