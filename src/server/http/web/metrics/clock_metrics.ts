/** The served clocks: the server's, and those that listeners have of their own. */
import type { ServedTime } from "../../../../clock/served_time.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { leapNames } from "../../../../protocols/ntp/packet.ts";
import { describeStatus, type StatedStatus, toMilliseconds } from "../../state.ts";
import type { Sampler, ServerMetric } from "./metric.ts";

/** Samples of each clock. */
function ofClocks(samples: (time: ServedTime) => readonly Sample[]): Sampler {
  return ({ time, listeners }) => {
    const own = listeners.filter((listener) => listener.time !== time);
    const clocks = [["server", time] as const, ...own.map(({ url, time }) => [url, time] as const)];
    return clocks.flatMap(([clock, time]) =>
      samples(time).map(([labels, value]): Sample => [[clock, ...labels], value])
    );
  };
}

function ofClock(value: (time: ServedTime) => number): Sampler {
  return ofClocks((time) => [[[], value(time)]]);
}

/** Samples of the clocks of which this is known. */
function ofStatus(value: (status: StatedStatus) => number | null): Sampler {
  return ofClocks((time) => {
    const known = value(describeStatus(time.look()));
    return known === null ? [] : [[[], known]];
  });
}

const clock = ["clock"];

export const clockMetrics: readonly ServerMetric[] = [
  {
    name: "timesrv_served_time_seconds",
    type: "gauge",
    labels: clock,
    help: "The time being served, in seconds since 1970.",
    samples: ofClock((time) => toMilliseconds(time.look()) / 1000),
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
    samples: ofStatus(({ synchronized }) => Number(synchronized)),
  },
  {
    name: "timesrv_clock_leap",
    type: "gauge",
    labels: ["clock", "state"],
    help: "1 for the leap indicator that holds: none, insert, delete, unsynchronized.",
    samples: ofClocks((time) => {
      const { leap } = time.look().status;
      return leapNames.map((word, i): Sample => [[word], Number(i === leap)]);
    }),
  },
  {
    name: "timesrv_clock_stratum",
    type: "gauge",
    labels: clock,
    help: "The stratum in NTP replies; 0 while not synchronised.",
    samples: ofStatus(({ stratum }) => stratum),
  },
  {
    name: "timesrv_clock_root_delay_seconds",
    type: "gauge",
    labels: clock,
    help: "The round-trip delay to the reference clock; absent while not synchronised.",
    samples: ofStatus(({ rootDelay }) => rootDelay),
  },
  {
    name: "timesrv_clock_root_dispersion_seconds",
    type: "gauge",
    labels: clock,
    help: "The error bound of the served clock, without the delay; absent while not synchronised.",
    samples: ofStatus(({ rootDispersion }) => rootDispersion),
  },
  {
    name: "timesrv_clock_root_distance_seconds",
    type: "gauge",
    labels: clock,
    help:
      "How far the served clock may be off: half the root delay, and the root dispersion; absent while not synchronised.",
    samples: ofStatus(({ rootDistance }) => rootDistance),
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
    labels: ["clock", "reference_id", "source"],
    help:
      "The reference id in NTP replies, and the source of the status: kernel, given, guess, upstreams; always 1.",
    samples: ofClocks((time) => {
      const { referenceId } = describeStatus(time.look());
      return [[[referenceId, time.statusSource], 1]];
    }),
  },
  {
    name: "timesrv_clock_changes_total",
    type: "counter",
    labels: ["clock", "kind"],
    help: "Changes of the served clock: set, step, leap, reset; planned ones too.",
    samples: ofClocks((time) =>
      Object.entries(time.changes).map(([kind, count]): Sample => [[kind], count])
    ),
  },
];
