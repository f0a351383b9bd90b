/** Situations for testing clients, ready to be served. */
import type { ClockOptions } from "../../clock/sources/timeline/options.ts";
import type { FaultsOptions } from "../faults/options.ts";
import type { StatusOptions } from "../../clock/sources/options.ts";

/**
 * How a client reacts to a server: it `follows` the time served, `misreads` it as another time, or
 * `refuses` it with an error.
 */
export type ScenarioVerdict = "follows" | "misreads" | "refuses";

/** A situation: options for {@linkcode serve}, and its description. */
export interface Scenario {
  /** Its name. */
  readonly name: string;
  /** Its description. */
  readonly description: string;
  /** The reactions of clients that were tried, by their names. */
  readonly clients?: Readonly<Record<string, ScenarioVerdict>>;
  /** The simulated clock. */
  readonly clock?: ClockOptions;
  /** The status of the clock for NTP. */
  readonly status?: StatusOptions;
  /** The faults of the replies. */
  readonly faults?: FaultsOptions;
  /** The random seed of the faults. */
  readonly seed?: number;
}

/** The name of a scenario that comes with the server. */
export type ScenarioName =
  | "y2036"
  | "y2038"
  | "leap-insert"
  | "leap-delete"
  | "smear-google"
  | "step-back"
  | "drift-100ppm"
  | "falseticker"
  | "kod-rate"
  | "flaky-network"
  | "unsynchronized"
  | "frozen";

const everyClient = (verdict: ScenarioVerdict): Record<string, ScenarioVerdict> => ({
  chronyd: verdict,
  ntpdig: verdict,
  ntpdate: verdict,
  rdate: verdict,
  timecli: verdict,
});

/** Most clients follow any time that they receive. */
const allFollow = everyClient("follows");
const allRefuse = everyClient("refuses");

/** After 2036 three clients are back in 1900, after 2038 in 1901. */
const misreadLateDates: Record<string, ScenarioVerdict> = {
  ...allFollow,
  ntpdig: "misreads",
  ntpdate: "misreads",
  rdate: "misreads",
};

/** 30 s before the end of a day with a leap second. */
const newYearsEve = "2028-12-31T23:59:30Z";

const all: Readonly<Record<ScenarioName, Omit<Scenario, "name">>> = {
  y2036: {
    description: "10 s before the seconds of NTP and RFC 868 wrap to 0, on 7 February 2036",
    clock: { time: "2036-02-07T06:28:06Z" },
    clients: misreadLateDates,
  },
  y2038: {
    description: "10 s before the seconds since 1970 exceed 31 bits, on 19 January 2038",
    clock: { time: "2038-01-19T03:13:58Z" },
    clients: misreadLateDates,
  },
  "leap-insert": {
    description: "30 s before an announced leap second: 23:59:59 occurs twice",
    clock: { time: newYearsEve, leap: "insert@2028-12-31" },
    clients: allFollow,
  },
  "leap-delete": {
    description: "30 s before an announced negative leap second: there is no 23:59:59",
    clock: { time: newYearsEve, leap: "delete@2028-12-31" },
    clients: allFollow,
  },
  "smear-google": {
    description: "noon before a leap second smeared over 24 hours (in 24 s with --rate 3600x)",
    clock: { time: "2028-12-31T12:00:00Z", leap: "insert@2028-12-31", smear: "google" },
    clients: allFollow,
  },
  "step-back": {
    description: "a step of one hour back, 10 s after the start",
    clock: { steps: ["-1h@00:10"] },
    clients: allFollow,
  },
  "drift-100ppm": {
    description: "a clock that gains 100 ppm, 8.64 s per day",
    clock: { rate: "+100ppm" },
    clients: allFollow,
  },
  falseticker: {
    description: "5 s ahead, but reports stratum 1, GPS, and an error below 1 ms",
    clock: { offset: "+5s" },
    status: { stratum: 1, referenceId: "GPS", rootDispersion: "1ms" },
    clients: allFollow,
  },
  "kod-rate": {
    description: "after 4 replies, KoD RATE: reduce the request rate",
    faults: { kiss: { code: "RATE", after: 4 } },
    clients: allRefuse,
  },
  "flaky-network": {
    description:
      "a fifth of the replies lost, others late, duplicated or reordered; the same ones in each run",
    faults: {
      drop: 0.2,
      delay: { time: "40ms", jitter: "10ms", distribution: "pareto" },
      duplicate: 0.05,
      reorder: { probability: 0.05, time: "200ms" },
    },
    seed: 1,
    clients: allFollow,
  },
  unsynchronized: {
    description: "a server that reports an unsynchronised clock",
    status: { unsynchronized: true },
    clients: allRefuse,
  },
  frozen: { description: "a frozen clock", clock: { freeze: true }, clients: allFollow },
};

/**
 * The scenarios that come with the server, by name: options for {@linkcode serve}.
 *
 * @example A server shortly before 2038
 * ```ts
 * import { scenarios } from "@timesrv/timesrv/testing";
 * import { serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0", scenarios.y2038);
 * console.log(server.clock.now().toString());
 * ```
 */
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = Object.fromEntries(
  Object.entries(all).map(([name, scenario]) => [name, { name, ...scenario }]),
) as Record<ScenarioName, Scenario>;
