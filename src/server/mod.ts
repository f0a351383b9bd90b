/**
 * Test a time client: scenarios, faults, leap seconds, and control of a running server.
 *
 * {@linkcode scenarios} are options for `serve()`; `FaultsOptions` has what can go wrong with replies.
 *
 * ## Scenarios
 *
 * {@linkcode scenarios}, {@linkcode Scenario}, {@linkcode ScenarioName},
 * {@linkcode ScenarioVerdict}, {@linkcode parseScenario}
 *
 * ## Faults
 *
 * {@linkcode FaultsOptions}, {@linkcode FaultName}, {@linkcode Fault}, {@linkcode FaultWhen},
 * {@linkcode ListenerFaults}
 *
 * ## Faults of any protocol
 *
 * {@linkcode DelayFault}, {@linkcode ReorderFault}, {@linkcode DuplicateFault},
 * {@linkcode GarbageFault}, {@linkcode CorruptFault}, {@linkcode TruncateFault}
 *
 * ## Faults of NTP
 *
 * {@linkcode KissFault}, {@linkcode FieldFault}, {@linkcode StratumFault},
 * {@linkcode LeapbitsFault}, {@linkcode RefidFault}, {@linkcode DistanceFault},
 * {@linkcode TimestampsFault}, {@linkcode VersionFault}, {@linkcode ModeFault}, {@linkcode NtsFault},
 * {@linkcode NtsFlaw}, {@linkcode NtsKeFault}, {@linkcode NtsKeFlaw}
 *
 * ## Control
 *
 * {@linkcode control}, {@linkcode ControlRequestOptions}, {@linkcode ControlAction},
 * {@linkcode ControlAnswers}, {@linkcode ControlAnswer}, {@linkcode ServerState},
 * {@linkcode ListenerState}, {@linkcode ClockState}, {@linkcode ServedClockState},
 * {@linkcode StatusSource},
 * {@linkcode ClockStatusState}, {@linkcode ServerWarning}, {@linkcode ClockAnswer},
 * {@linkcode FaultsState}, {@linkcode FaultsAnswer}, {@linkcode ExchangesAnswer}, {@linkcode ClientState},
 * {@linkcode ClientsAnswer}, {@linkcode ClientList}, {@linkcode ClientsQuery}, {@linkcode ClientOrder},
 * {@linkcode AccessAnswer}, {@linkcode AccessState}, {@linkcode AccessCheckAnswer},
 * {@linkcode AccessCheck}, {@linkcode SourcesAnswer}, {@linkcode SourceList}, {@linkcode SourceState},
 * {@linkcode NtsState}
 *
 * ## Recorder
 *
 * {@linkcode RecordOptions}, {@linkcode RecordedExchanges}, {@linkcode RecordedExchange},
 * {@linkcode RecordedDatagram}, {@linkcode Finding}
 *
 * ## Leap seconds
 *
 * {@linkcode parseLeapSeconds}, {@linkcode LeapSecond}
 *
 * ## Time and network of tests
 *
 * {@linkcode Timers}, {@linkcode Network}
 *
 * @example A client meets a leap second
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { query, serve } from "@timesrv/timesrv";
 * import { scenarios } from "@timesrv/timesrv/testing";
 *
 * await using server = await serve("ntp://127.0.0.1:0", scenarios["leap-insert"]);
 * const reply = await query(server.url);
 * assertEquals(reply.leap, "insert");
 * ```
 *
 * @module
 */
export { parseLeapSeconds } from "../clock/sources/timeline/leap_seconds.ts";
export type { ClockState } from "../clock/sources/timeline/state.ts";
export type { LeapSecond } from "../clock/sources/timeline/leap_seconds.ts";
export type { Network } from "../client/network.ts";
export type { Timers } from "../system/time.ts";
export { control, type ControlRequestOptions } from "../client/control.ts";
export type { ClientOrder, ClientsQuery } from "../client/clients_query.ts";
export type {
  AccessAnswer,
  AccessCheck,
  AccessCheckAnswer,
  AccessState,
  ClientList,
  ClientsAnswer,
  ClientState,
  ClockAnswer,
  ControlAction,
  ControlAnswer,
  ControlAnswers,
  ExchangesAnswer,
  FaultsAnswer,
  FaultsState,
  Finding,
  ListenerState,
  RecordedDatagram,
  RecordedExchange,
  RecordedExchanges,
  ServerState,
  SourcesAnswer,
} from "../client/control_api.ts";
export type { StatusSource } from "../clock/sources/source.ts";
export type { ClockStatusState, ServedClockState, ServerWarning } from "../client/served_state.ts";
export type { SourceList, SourceState } from "../client/served_state.ts";
export type { NtsState } from "../client/served_state.ts";
export type { RecordOptions } from "./record/options.ts";
export type { ListenerFaults } from "./faults/faults.ts";
export type {
  CorruptFault,
  DelayFault,
  DistanceFault,
  DuplicateFault,
  Fault,
  FaultName,
  FaultsOptions,
  FaultWhen,
  FieldFault,
  GarbageFault,
  KissFault,
  LeapbitsFault,
  ModeFault,
  NtsFault,
  NtsKeFault,
  NtsKeFlaw,
  RefidFault,
  ReorderFault,
  StratumFault,
  TimestampsFault,
  TruncateFault,
  VersionFault,
} from "./faults/options.ts";
export type { NtsFlaw } from "../protocols/responder.ts";
export { parseScenario } from "./scenarios/scenario_file.ts";
export {
  type Scenario,
  type ScenarioName,
  scenarios,
  type ScenarioVerdict,
} from "./scenarios/scenarios.ts";
