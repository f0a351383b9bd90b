/** The served clocks: the server's, and those that listeners have of their own. */
import type { ServedTime } from "../../../../clock/served_time.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { leapNames } from "../../../../protocols/ntp/packet.ts";
import { describeStatus, type StatedStatus, toMilliseconds } from "../../state.ts";
import { counter, gauge, type Samples, type ServerMetric } from "./metric.ts";

/** Samples of each clock. */
function ofClocks(
  further: readonly string[],
  samples: (time: ServedTime) => readonly Sample[],
): Samples {
  return {
    labels: ["clock", ...further],
    samples: ({ time, listeners }) => {
      const own = listeners.filter((listener) => listener.time !== time);
      const clocks = [
        ["server", time] as const,
        ...own.map(({ url, time }) => [url, time] as const),
      ];
      return clocks.flatMap(([clock, time]) =>
        samples(time).map(([labels, value]): Sample => [[clock, ...labels], value])
      );
    },
  };
}

function ofClock(value: (time: ServedTime) => number): Samples {
  return ofClocks([], (time) => [[[], value(time)]]);
}

/** Samples of the clocks of which this is known. */
function ofStatus(value: (status: StatedStatus) => number | null): Samples {
  return ofClocks([], (time) => {
    const known = value(describeStatus(time.look()));
    return known === null ? [] : [[[], known]];
  });
}

export const clockMetrics: readonly ServerMetric[] = [
  gauge(
    "timesrv_served_time_seconds",
    "The time being served, in seconds since 1970.",
    ofClock((time) => toMilliseconds(time.look()) / 1000),
  ),
  gauge(
    "timesrv_clock_offset_seconds",
    "How far the served clock is ahead of this machine's.",
    ofClock((time) => time.state.offset),
  ),
  gauge(
    "timesrv_clock_rate_ratio",
    "How fast the served clock runs: 1 as this machine's.",
    ofClock((time) => time.state.rate),
  ),
  gauge(
    "timesrv_clock_simulated",
    "1 while a simulated clock is served, which is not the true time.",
    ofClock((time) => Number(time.isSimulated)),
  ),
  gauge(
    "timesrv_clock_synchronized",
    "0 while NTP clients are to ignore the time.",
    ofStatus(({ synchronized }) => Number(synchronized)),
  ),
  gauge(
    "timesrv_clock_leap",
    "1 for the leap indicator that holds: none, insert, delete, unsynchronized.",
    ofClocks(["state"], (time) => {
      const { leap } = time.look().status;
      return leapNames.map((word, i): Sample => [[word], Number(i === leap)]);
    }),
  ),
  gauge(
    "timesrv_clock_stratum",
    "The stratum in NTP replies; 0 while not synchronised.",
    ofStatus(({ stratum }) => stratum),
  ),
  gauge(
    "timesrv_clock_root_delay_seconds",
    "The round-trip delay to the reference clock; absent while not synchronised.",
    ofStatus(({ rootDelay }) => rootDelay),
  ),
  gauge(
    "timesrv_clock_root_dispersion_seconds",
    "The error bound of the served clock, without the delay; absent while not synchronised.",
    ofStatus(({ rootDispersion }) => rootDispersion),
  ),
  gauge(
    "timesrv_clock_root_distance_seconds",
    "How far the served clock may be off: half the root delay, and the root dispersion; absent while not synchronised.",
    ofStatus(({ rootDistance }) => rootDistance),
  ),
  gauge(
    "timesrv_clock_reference_timestamp_seconds",
    "When the served clock was last set or corrected, in seconds since 1970.",
    ofClock((time) => time.look().status.referenceSeconds),
  ),
  gauge(
    "timesrv_clock_precision_seconds",
    "The smallest step of the served clock.",
    ofClock((time) => 2 ** time.look().status.precision),
  ),
  {
    name: "timesrv_clock_info",
    type: "info",
    help:
      "The reference id in NTP replies, and the source of the status: kernel, given, guess, upstreams; always 1.",
    ...ofClocks(["reference_id", "source"], (time) => {
      const { referenceId } = describeStatus(time.look());
      return [[[referenceId, time.statusSource], 1]];
    }),
  },
  counter(
    "timesrv_clock_changes_total",
    "Changes of the served clock: set, step, leap, reset; planned ones too.",
    ofClocks(
      ["kind"],
      (time) => Object.entries(time.changes).map(([kind, count]): Sample => [[kind], count]),
    ),
  ),
];
