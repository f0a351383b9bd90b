/**
 * The worlds that following upstream servers is measured in, and what is to be reached in each.
 *
 * @module
 */

import type { Draws, Oscillator, SimulatedUpstream, Way, WorldOptions } from "./world.ts";

export interface World {
  readonly summary: string;
  readonly options: () => WorldOptions;
  /** In seconds, and requests per hour and upstream. */
  readonly bars: { readonly rms: number; readonly requests: number; readonly distance: number };
}

const usual: Oscillator = { frequency: 12e-6, wander: 3e-10, swing: 0.05e-6 };

function way(least: number, mean: number): Way {
  return (draws: Draws): number => least + draws.exponential(mean);
}

/** Three servers of a local network, with queues of 20 us. */
const lan: readonly SimulatedUpstream[] = [0, 1, 2].map(() => ({
  up: way(60e-6, 20e-6),
  down: way(60e-6, 20e-6),
}));

/** Four servers of the Internet, with queues of 5 ms and ways that differ by up to 2 ms. */
const wan: readonly SimulatedUpstream[] = [8, 10, 14, 20].map((ms, i) => ({
  up: way(ms * 1e-3 + (i % 2 === 0 ? 1e-3 : 0), 2.5e-3),
  down: way(ms * 1e-3 + (i % 2 === 0 ? 0 : 1e-3), 2.5e-3),
  rootDispersion: 1e-3,
  loss: 0.01,
}));

/** Seconds of each hour in which the ways of a laptop are congested. */
const CONGESTED_SECONDS = 900;

/** A way over Wi-Fi or LTE: log-normal queues, rarely very long, and longer ones while it is congested. */
function mobileWay(least: number, median: number, congestion: number): Way {
  return (draws: Draws, at: number): number =>
    least + draws.logNormal(median, 0.8) +
    (draws.random() < 0.05 ? draws.pareto(10e-3, 1.5) : 0) +
    (at % 3600 < CONGESTED_SECONDS ? draws.exponential(congestion) : 0);
}

/** Four servers of the Internet behind Wi-Fi and LTE, whose way up is congested more than the way down. */
const mobile: readonly SimulatedUpstream[] = [6, 8, 12, 18].map((ms) => ({
  up: mobileWay(ms * 1e-3, 6e-3, 30e-3),
  down: mobileWay(ms * 1e-3, 4e-3, 5e-3),
  rootDispersion: 1e-3,
  loss: 0.03,
}));

const HOURS = 26;

export const worlds = {
  lan: {
    summary: "LAN, 3 servers, 20 us",
    options: () => ({ upstreams: lan, oscillator: usual, hours: HOURS }),
    bars: { rms: 16e-6, requests: 16, distance: 0.8e-3 },
  },
  wan: {
    summary: "WAN, 4 servers, 5 ms, unequal ways",
    options: () => ({ upstreams: wan, oscillator: usual, hours: HOURS }),
    bars: { rms: 1.3e-3, requests: 6, distance: 45e-3 },
  },
  one: {
    summary: "one server, 5 ms",
    options: () => ({
      upstreams: [{ up: way(10e-3, 2.5e-3), down: way(10e-3, 2.5e-3) }],
      oscillator: usual,
      hours: HOURS,
    }),
    bars: { rms: 1.4e-3, requests: 6, distance: 45e-3 },
  },
  laptop: {
    summary: "laptop, Wi-Fi and LTE, congestion",
    options: () => ({
      upstreams: mobile,
      oscillator: { ...usual, wander: 1e-9, swing: 0.5e-6, swingSeconds: 7200 },
      hours: HOURS,
    }),
    bars: { rms: 3.5e-3, requests: 6, distance: 60e-3 },
  },
  restless: {
    summary: "LAN, a clock that wanders by ppm in minutes",
    options: () => ({
      upstreams: lan,
      oscillator: { ...usual, wander: 1e-7 / Math.sqrt(3) },
      hours: HOURS,
    }),
    bars: { rms: 40e-6, requests: 58, distance: 0.8e-3 },
  },
  falseticker: {
    summary: "a falseticker at 120 ms, stratum 1",
    options: () => ({
      upstreams: [...wan, { ...wan[0] as SimulatedUpstream, error: () => 0.12 }],
      oscillator: usual,
      hours: HOURS,
    }),
    bars: { rms: 1.3e-3, requests: 6, distance: 45e-3 },
  },
  drifter: {
    summary: "the nearest drifts off at 20 ppm, then jumps 1000 s",
    options: () => ({
      upstreams: [
        ...wan,
        {
          up: way(1e-3, 0.5e-3),
          down: way(1e-3, 0.5e-3),
          error: (at) => at > 15 * 3600 ? 1000 : Math.max(at - 7200, 0) * 20e-6,
        },
      ],
      oscillator: usual,
      hours: HOURS,
    }),
    bars: { rms: 6e-3, requests: 8, distance: 45e-3 },
  },
  kisses: {
    summary: "one of four is rate limiting, one refuses",
    options: () => ({
      upstreams: wan.map((each, i) => ({
        ...each,
        kiss: (at: number) =>
          i === 0 && at > 7200 && at < 20_000 ? "RATE" : i === 1 && at > 7200 ? "DENY" : undefined,
      })),
      oscillator: usual,
      hours: HOURS,
    }),
    bars: { rms: 1.3e-3, requests: 6, distance: 45e-3 },
  },
  alone: {
    summary: "6 h alone",
    options: () => ({
      upstreams: wan.map((each) => ({ ...each, isUp: (at: number) => at < 36_000 || at > 57_600 })),
      oscillator: { ...usual, swing: 0.2e-6 },
      hours: HOURS,
    }),
    bars: { rms: 15e-3, requests: 30, distance: 120e-3 },
  },
  suspend: {
    summary: "a suspend of 40 min",
    options: () => ({
      upstreams: wan,
      oscillator: usual,
      hours: HOURS,
      stops: [{ at: 36_000, seconds: 2400, isKnown: true }],
    }),
    bars: { rms: 2e-3, requests: 8, distance: 45e-3 },
  },
  leap: {
    summary: "a leap second, one of four does not leap",
    options: () => ({
      upstreams: wan.map((each, i) => ({ ...each, ignoresLeap: i === 1 })),
      oscillator: usual,
      hours: HOURS,
      leapAt: 50_000,
    }),
    bars: { rms: 1.3e-3, requests: 6, distance: 45e-3 },
  },
  pause: {
    summary: "a pause of 8 s that no clock shows",
    options: () => ({
      upstreams: wan,
      oscillator: usual,
      hours: HOURS,
      stops: [{ at: 36_000, seconds: 8, isKnown: false }],
    }),
    bars: { rms: 2, requests: 8, distance: 45e-3 },
  },
} as const satisfies Readonly<Record<string, World>>;
