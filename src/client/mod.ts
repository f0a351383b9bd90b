/**
 * Compare servers, check them, wait for them, and keep statistics of what was measured.
 *
 * {@linkcode compare} finds the servers that can be right together, {@linkcode check} checks one
 * server as a monitoring plugin does, {@linkcode wait} resolves once this machine's clock agrees with
 * servers.
 *
 * ## Compare
 *
 * {@linkcode compare}, {@linkcode CompareOptions}, {@linkcode Comparison},
 * {@linkcode ComparedServer}, {@linkcode Verdict}
 *
 * ## Check
 *
 * {@linkcode check}, {@linkcode CheckOptions}, {@linkcode CheckResult}, {@linkcode CheckState},
 * {@linkcode CheckThresholds}, {@linkcode checkExitCodes}
 *
 * ## Wait
 *
 * {@linkcode wait}, {@linkcode WaitOptions}, {@linkcode WaitResult}, {@linkcode AwaitedServer},
 * {@linkcode Agreement}
 *
 * ## Measurements
 *
 * {@linkcode Estimate}, {@linkcode FrequencyError}, {@linkcode Measured},
 * {@linkcode MeasuredReply}, {@linkcode RunningStatistics}
 *
 * ## Events of `watch()`
 *
 * {@linkcode WatchEventBase}, {@linkcode WatchedExchange}, {@linkcode KissOfDeath},
 * {@linkcode Change}, {@linkcode StratumChange}, {@linkcode LeapChange}, {@linkcode OffsetStep},
 * {@linkcode OutageStart}, {@linkcode OutageEnd}
 *
 * @example Two servers, one of them a second ahead
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { serve } from "@timesrv/timesrv";
 * import { compare } from "@timesrv/timesrv/measure";
 *
 * await using server = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?offset=+1s"]);
 * const { outcome } = await compare(server.addresses.map(({ url }) => url), { count: 1 });
 * assertEquals(outcome, "disagree");
 * ```
 *
 * @module
 */
export { check, checkExitCodes, type CheckOptions, type CheckResult } from "./check/check.ts";
export type { CheckState, CheckThresholds } from "./check/thresholds.ts";
export {
  compare,
  type ComparedServer,
  type CompareOptions,
  type Comparison,
  type Verdict,
} from "./compare.ts";
export type {
  Change,
  LeapChange,
  OffsetStep,
  OutageEnd,
  OutageStart,
  StratumChange,
} from "./changes.ts";
export type { Estimate } from "./estimate.ts";
export type { Measured, MeasuredReply } from "./query.ts";
export { type FrequencyError, RunningStatistics } from "./statistics.ts";
export type { KissOfDeath, WatchedExchange, WatchEventBase } from "./watch.ts";
export {
  type Agreement,
  type AwaitedServer,
  wait,
  type WaitOptions,
  type WaitResult,
} from "./wait.ts";
