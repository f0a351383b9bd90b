/**
 * Serve and ask the time over UDP.
 *
 * {@linkcode serve} starts a time server, {@linkcode query} asks one; both name
 * where by URL, `asctime://host:port`.
 *
 * @example Serve and ask
 * ```ts
 * import { query, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("asctime://127.0.0.1:0");
 * const reply = await query(server.addresses[0]!.url);
 * console.log(reply.text, reply.roundTrip.total("milliseconds"));
 * ```
 *
 * @module
 */
export type { Clock, UnixTime } from "./src/clock/clock.ts";
export type { ClockOptions } from "./src/clock/sources/timeline/options.ts";
export type { ClockState } from "./src/clock/sources/timeline/state.ts";
export { parseLeapSeconds } from "./src/clock/sources/timeline/leap_seconds.ts";
export { systemClock } from "./src/clock/system_clock.ts";
export type { LeapSecond } from "./src/clock/sources/timeline/timeline.ts";
export { CaptureError } from "./src/explain/capture/capture_error.ts";
export type { Datagram, DatagramAddress } from "./src/explain/capture/datagram.ts";
export { type CapturedExchange, exchangesOf } from "./src/explain/capture/exchanges.ts";
export { type Capture, readCapture } from "./src/explain/capture/read_capture.ts";
export {
  check,
  checkExitCodes,
  type CheckOptions,
  type CheckResult,
  type CheckState,
  type CheckThresholds,
} from "./src/client/check.ts";
export {
  compare,
  type ComparedServer,
  type CompareOptions,
  type Comparison,
  type Verdict,
} from "./src/client/compare.ts";
export { control, type ControlAction, type ControlRequestOptions } from "./src/client/control.ts";
export type {
  AskedFaults,
  ClientsAnswer,
  ClientState,
  ClockAnswer,
  ControlAnswer,
  ControlAnswers,
  FaultsAnswer,
  ListenerState,
  ServerState,
} from "./src/client/control_api.ts";
export type { Estimate } from "./src/client/estimate.ts";
export type { Change, LeapChange, OffsetStep, StratumChange } from "./src/client/changes.ts";
export type { ExchangeOptions } from "./src/client/exchange.ts";
export { explain } from "./src/explain/explain.ts";
export type {
  Explanation,
  Measurement,
  SeenExchange,
  TestVerdict,
  WireField,
  WireProtocol,
} from "./src/explain/explanation.ts";
export { guessProtocol } from "./src/explain/guess_protocol.ts";
export { type LiveExchange, seeExchange, seenInCapture } from "./src/explain/record.ts";
export type { LoadProgress } from "./src/load/address_load.ts";
export type { LoadResult, Percentiles } from "./src/load/load.ts";
export { load, type LoadOptions, type ServerLoad } from "./src/load/load_server.ts";
export { validate, type ValidateOptions } from "./src/protocols/ntp/client.ts";
export type { NtpMeasurement } from "./src/protocols/ntp/measurement.ts";
export { query, type QueryOptions } from "./src/client/query.ts";
export { QueryError, type QueryFailure } from "./src/protocols/failure.ts";
export type { Measured, MeasuredReply } from "./src/client/measurable.ts";
export type {
  Leap,
  NtpReply,
  ReplyBase,
  ReplyTo,
  SecondsReply,
  TextReply,
  TimeReply,
} from "./src/protocols/reply.ts";
export { RunningStatistics } from "./src/client/running_statistics.ts";
export {
  sample,
  type SampledExchange,
  type SampleOptions,
  type Samples,
} from "./src/client/sample.ts";
export type { FrequencyError } from "./src/client/statistics.ts";
export {
  type Agreement,
  type AwaitedServer,
  wait,
  type WaitOptions,
  type WaitResult,
} from "./src/client/wait.ts";
export type { Back, Gone } from "./src/client/outages.ts";
export {
  type Kiss,
  type Sighting,
  watch,
  type WatchedExchange,
  type WatchEvent,
  type WatchOptions,
} from "./src/client/watch.ts";
export { type AsctimeOptions, formatAsctime, parseAsctime } from "./src/protocols/asctime/codec.ts";
export {
  type DaytimeFormat,
  daytimeFormats,
  type DaytimeOptions,
  type DaytimeReading,
  formatDaytime,
  parseDaytime,
} from "./src/protocols/daytime/codec.ts";
export { DecodeError } from "./src/protocols/decode_error.ts";
export {
  defaultPorts,
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
  type Protocol,
} from "./src/protocols/endpoint.ts";
export { decodeNtpPacket, encodeNtpPacket, type NtpPacket } from "./src/protocols/ntp/packet.ts";
export type { NtpTimestamp } from "./src/protocols/ntp/timestamp.ts";
export {
  type KissCode,
  refusal,
  type RefusalCause,
  refusalCauses,
  REPLY_CAPACITY,
  REQUEST_CAPACITY,
  type Responder,
} from "./src/protocols/responder.ts";
export { parseTime } from "./src/protocols/time/codec.ts";
export type { AccessOptions } from "./src/server/guard/access.ts";
export type { Sink } from "./src/server/log/bounded_writer.ts";
export type { ClockControl } from "./src/clock/sources/timeline/source.ts";
export type { ListenerFaults } from "./src/server/faults/faults.ts";
export type {
  CorruptFault,
  DelayFault,
  DistanceFault,
  DuplicateFault,
  Fault,
  FaultDuration,
  FaultName,
  FaultsOptions,
  FaultWhen,
  GarbageFault,
  KissFault,
  LeapbitsFault,
  ModeFault,
  RefidFault,
  ReorderFault,
  StratumFault,
  TimestampsFault,
  TruncateFault,
  VersionFault,
} from "./src/server/faults/options.ts";
export type { GuardOptions } from "./src/server/guard/guard.ts";
export { logIntervals, type LogIntervalsOptions } from "./src/server/log/interval_log.ts";
export { type LogLevel, ServerLog, type ServerLogOptions } from "./src/server/log/log.ts";
export type { RateLimit } from "./src/server/guard/rate_limit.ts";
export { parseScenario } from "./src/server/scenarios/scenario_file.ts";
export {
  type Scenario,
  type ScenarioName,
  scenarios,
  type ScenarioVerdict,
} from "./src/server/scenarios/scenarios.ts";
export { serve } from "./src/server/serve.ts";
export type { ServeOptions, Server, ServerAddress } from "./src/server/serve_options.ts";
export type { ClockStatusSource, StatusOptions } from "./src/clock/sources/machine.ts";
export { type Transport, transports } from "./src/server/transport.ts";
export type { AddressFamily } from "./src/system/address.ts";
export {
  connectDatagram,
  type ConnectDatagramOptions,
  type DatagramConnection,
} from "./src/transports/connect_datagram.ts";
export type { Totals } from "./src/transports/counters.ts";
export { ListenError, type ListenFailure } from "./src/transports/listen_error.ts";
