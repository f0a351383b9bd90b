/**
 * Serve and query the time over UDP: NTP, Time, Daytime and plain text.
 *
 * {@linkcode serve} starts a time server, {@linkcode query} asks one. Both take URLs such as
 * `ntp://host:port`. Lengths of time are texts such as `"3s"`, or `Temporal.Duration`; no function takes a
 * bare number.
 *
 * The library is for Deno, whose UDP needs `"unstable": ["net"]` in `deno.json`. From a clone beside a
 * project: `"links": ["../timesrv"]`, for this and the other entries:
 * `@timesrv/timesrv/testing` (scenarios, faults, control), `…/measure` (compare, check, wait), `…/protocols`
 * (codecs, responders), `…/explain` and `…/load`. Programs in other languages run the executables.
 *
 * ## Serve
 *
 * {@linkcode serve}, {@linkcode ServeOptions}, {@linkcode Server}, {@linkcode ServerAddress},
 * {@linkcode ListenerUrl}, {@linkcode ListenError}, {@linkcode ListenFailure},
 * {@linkcode Transport}, {@linkcode transports}, {@linkcode GuardOptions},
 * {@linkcode AccessOptions}, {@linkcode RateLimit}, {@linkcode Totals}, {@linkcode HttpOptions},
 * {@linkcode HttpPart}, {@linkcode httpParts}
 *
 * ## Its clock
 *
 * {@linkcode ClockOptions}, {@linkcode ClockControl}, {@linkcode StatusOptions},
 * {@linkcode ClockStatusSource}, {@linkcode Clock}, {@linkcode UnixTime}, {@linkcode systemClock},
 * {@linkcode UpstreamOptions}, {@linkcode UpstreamReport}, {@linkcode UpstreamState},
 * {@linkcode upstreamStates}
 *
 * ## Authentication
 *
 * {@linkcode parseKeys}, {@linkcode SymmetricKeys}, {@linkcode SymmetricKey}, {@linkcode KeyType},
 * {@linkcode keyTypes}, {@linkcode Mac}, {@linkcode NtsOptions}, {@linkcode NtsReport},
 * {@linkcode KeyExchangeCounts}, {@linkcode KeyExchangeOutcome}, {@linkcode keyExchangeOutcomes}
 *
 * ## Its log
 *
 * {@linkcode ServerLog}, {@linkcode ServerLogOptions}, {@linkcode LogLevel}, {@linkcode Sink},
 * {@linkcode logIntervals}, {@linkcode LogIntervalsOptions}
 *
 * ## Query
 *
 * {@linkcode query}, {@linkcode QueryOptions}, {@linkcode ExchangeOptions}, {@linkcode QueryError},
 * {@linkcode QueryFailure}, {@linkcode queryFailures}, {@linkcode validate}, {@linkcode ValidateOptions}
 *
 * ## Replies
 *
 * {@linkcode TimeReply}, {@linkcode ReplyTo}, {@linkcode Replies}, {@linkcode ReplyBase},
 * {@linkcode NtpReply}, {@linkcode SecondsReply}, {@linkcode TextReply}, {@linkcode Leap}
 *
 * ## Query again and again
 *
 * {@linkcode sample}, {@linkcode SampleOptions}, {@linkcode Samples}, {@linkcode SampledExchange},
 * {@linkcode watch}, {@linkcode WatchOptions}, {@linkcode WatchEvent}
 *
 * ## Shared
 *
 * {@linkcode TimeSpan}, {@linkcode AddressFamily}, {@linkcode NetAddress}, {@linkcode connectDatagram},
 * {@linkcode ConnectDatagramOptions}, {@linkcode DatagramConnection}
 *
 * @example A server of another date, and a query
 * ```ts
 * import { query, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0", { clock: { time: "2038-01-19T03:14:00Z" } });
 * const reply = await query(server.url);
 * console.log(reply.time.toString(), reply.errorBound.toString());
 * ```
 *
 * @module
 */
export type { ClockStatusSource, StatusOptions } from "./src/clock/sources/options.ts";
export { type KeyType, keyTypes, type Mac, type SymmetricKey } from "./src/crypto/mac.ts";
export { parseKeys, SymmetricKeys } from "./src/crypto/symmetric_keys.ts";
export type { ClockControl } from "./src/clock/served_time.ts";
export type { Clock, UnixTime } from "./src/clock/clock.ts";
export type { ClockOptions } from "./src/clock/sources/timeline/options.ts";
export { systemClock } from "./src/clock/system_clock.ts";
export type { ExchangeOptions } from "./src/client/exchange.ts";
export { query, type QueryOptions, validate, type ValidateOptions } from "./src/client/query.ts";
export { QueryError, type QueryFailure, queryFailures } from "./src/protocols/failure.ts";
export type { Replies, ReplyTo, TimeReply } from "./src/protocols/registry.ts";
export type { Leap, NtpReply, ReplyBase, SecondsReply, TextReply } from "./src/protocols/reply.ts";
export {
  sample,
  type SampledExchange,
  type SampleOptions,
  type Samples,
} from "./src/client/sample.ts";
export { watch, type WatchEvent, type WatchOptions } from "./src/client/watch.ts";
export type { AccessOptions, GuardOptions, RateLimit } from "./src/server/guard/options.ts";
export type { Sink } from "./src/server/log/bounded_writer.ts";
export { logIntervals, type LogIntervalsOptions } from "./src/server/log/interval_log.ts";
export { type LogLevel, ServerLog, type ServerLogOptions } from "./src/server/log/log.ts";
export { serve } from "./src/server/serve.ts";
export type {
  ListenerUrl,
  ServeOptions,
  Server,
  ServerAddress,
} from "./src/server/serve_options.ts";
export { type HttpOptions, type HttpPart, httpParts } from "./src/server/http/options.ts";
export type { NtsOptions } from "./src/server/nts/options.ts";
export type { NtsReport } from "./src/server/nts/setup.ts";
export {
  type KeyExchangeCounts,
  type KeyExchangeOutcome,
  keyExchangeOutcomes,
  type UpstreamState,
  upstreamStates,
} from "./src/client/served_state.ts";
export type { UpstreamOptions } from "./src/server/upstreams/options.ts";
export type { UpstreamReport } from "./src/server/upstreams/report.ts";
export { type Transport, transports } from "./src/server/transport.ts";
export type { TimeSpan } from "./src/text/duration.ts";
export type { AddressFamily, NetAddress } from "./src/system/address.ts";
export {
  connectDatagram,
  type ConnectDatagramOptions,
  type DatagramConnection,
} from "./src/transports/connect_datagram.ts";
export type { Totals } from "./src/transports/counters.ts";
export { ListenError, type ListenFailure } from "./src/transports/listen_error.ts";
