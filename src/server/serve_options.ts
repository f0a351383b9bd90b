import type { ClientsQuery } from "../client/clients_query.ts";
import type { ClientList, RecordedExchanges } from "../client/control_api.ts";
import type { SymmetricKeys } from "../crypto/symmetric_keys.ts";
import type { Clock } from "../clock/clock.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";
import type { DaytimeFormat } from "../protocols/daytime/service.ts";
import type { Endpoint } from "../protocols/endpoint.ts";
import type { Protocol } from "../protocols/registry.ts";
import type { Responder } from "../protocols/responder.ts";
import type { AddressFamily } from "../system/address.ts";
import type { Totals } from "../transports/counters.ts";
import type { ClockControl } from "../clock/served_time.ts";
import type { ListenerFaults } from "./faults/faults.ts";
import type { FaultsOptions } from "./faults/options.ts";
import type { GuardOptions } from "./guard/options.ts";
import type { ServerLog } from "./log/log.ts";
import type { StatusOptions } from "../clock/sources/options.ts";
import type { RecordOptions } from "./record/options.ts";
import type { Transport } from "./transport.ts";
import type { HttpOptions } from "./http/options.ts";
import type { NtsReport } from "./nts/setup.ts";
import type { NtsOptions } from "./nts/options.ts";
import type { UpstreamOptions } from "./upstreams/options.ts";
import type { UpstreamReport } from "./upstreams/report.ts";

/** Options for {@linkcode serve}. */
export interface ServeOptions extends GuardOptions, UpstreamOptions, HttpOptions, NtsOptions {
  /**
   * Whether text without a time zone is UTC rather than this machine's local time.
   *
   * @default {false}
   */
  readonly utc?: boolean;
  /**
   * The clock to serve: a simulated one such as `{ time: "2038-01-19T03:14:00Z", rate: 0 }`, or a custom
   * one.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock | ClockOptions;
  /** The symmetric keys of NTP clients, and of `upstreams` that name one. */
  readonly keys?: SymmetricKeys | undefined;
  /** Certificates in PEM to trust for `upstreams` that are `ntp+nts://HOST`, in place of the system's. */
  readonly ntsCa?: string | undefined;
  /**
   * Whether an NTP request without a right MAC gets no time; all listeners must be `ntp` then.
   *
   * @default {false}
   */
  readonly requireAuth?: boolean | undefined;
  /** The status of that clock for NTP; by default this machine's, as far as it is known. */
  readonly status?: StatusOptions;
  /**
   * The form of the Daytime lines.
   *
   * @default {"ctime"}
   */
  readonly daytimeFormat?: DaytimeFormat;
  /**
   * The faults of every listener, which can be changed while the server runs (`ServerAddress.faults`);
   * they need `datagram`.
   */
  readonly faults?: FaultsOptions;
  /**
   * The seed of all random numbers, 0 to 2^32 - 1: the same seed and requests give the same faults, and
   * the same seed the same noise of a clock at the same time after the start.
   *
   * @default {a random one, which is logged}
   */
  readonly seed?: number;
  /** A custom responder, in place of that of each URL's protocol. */
  readonly responder?: Responder;
  /** The IP version of the addresses of names; by default both. */
  readonly family?: AddressFamily | undefined;
  /**
   * The transport: `datagram` runs everywhere; `mmsg` is faster and more accurate, in worker threads, on
   * Linux (x86-64, arm64) with the permissions `ffi` and to read the library's modules, without faults
   * and without a custom clock or responder; `auto` is `mmsg` where that is possible.
   *
   * @default {"datagram"}
   */
  readonly transport?: Transport;
  /**
   * The number of threads of `mmsg`, 1 up to the machine's cores.
   *
   * @default {1}
   */
  readonly workers?: number;
  /**
   * The receive queue of each socket of `mmsg`, in KiB, 4 to 65,536: a longer one survives longer bursts,
   * but delays replies under overload. The kernel may allow less, which is logged.
   *
   * @default {256}
   */
  readonly receiveQueueKib?: number;
  /**
   * The maximum number of replies under way at once on a socket; requests beyond it are refused as
   * `overload`. On `mmsg`, each reply is made before the next request is handled.
   *
   * @default {16384}
   */
  readonly maxTasks?: number;
  /**
   * The address of the control interface (docs/control.md), such as `127.0.0.1:8890`, with port 0 for a
   * free one; by default there is none.
   */
  readonly control?: string;
  /**
   * The bearer token that control requests must carry, 16 to 256 letters and digits; required unless the
   * address is a loopback address.
   */
  readonly controlToken?: string;
  /**
   * Whether the control interface changes nothing: no faults can be set, so `auto` may choose `mmsg`.
   *
   * @default {false}
   */
  readonly controlReadOnly?: boolean;
  /**
   * The number of client addresses to count the requests of, up to 1000000, in each thread: see
   * {@linkcode Server.clients}. 0 counts none, and costs nothing.
   *
   * @default {65536 with a control interface or the HTTP interface, otherwise 0}
   */
  readonly maxClients?: number;
  /**
   * Called with each error that `responder` throws, or rejects with: that request gets no reply. By default the
   * first one is logged as a warning, or written to the console if there is no `log`.
   */
  readonly onError?: (error: unknown) => void;
  /**
   * Whether to record exchanges, with a verdict on each NTP client, for {@linkcode Server.exchanges} and the
   * control interface; it needs `datagram`. An object also names a `sink` for lines of JSON.
   *
   * @default {false}
   */
  readonly record?: boolean | RecordOptions;
  /**
   * Shuts the server down when it has answered or refused this many requests, and records them; by default it
   * serves on.
   */
  readonly untilRequests?: number;
  /** Shuts the server down when it aborts. */
  readonly signal?: AbortSignal;
  /** The log of the server. */
  readonly log?: ServerLog;
}

/** An address that a server listens on, with its real port. */
export interface ServerAddress extends Endpoint {
  /** The address as a URL, for `query()`. */
  readonly url: string;
  /** Whether its clock is a simulated one. */
  readonly isSimulated: boolean;
  /** The faults of its listener, if any can be set; all addresses of one listener share them. */
  readonly faults?: ListenerFaults;
}

/** The URL of a listener: of a given protocol where the type of its URL names one, as `query()` understands. */
export type ListenerUrl<Url extends string> = Url extends
  `${infer Name extends Protocol}://${string}` ? `${Name}://${string}`
  : string;

/** A running server; `Url` is the type of the URLs that it was started with. */
export interface Server<Url extends string = string> extends AsyncDisposable {
  /**
   * The URL of the only address, for `query()`: `ntp://127.0.0.1:40552`. Reading it throws a `RangeError` if
   * there are several, which `addresses` lists.
   */
  readonly url: ListenerUrl<Url>;
  /** Every address listened on; a wildcard is one address on `mmsg`, and all that it stands for on `datagram`. */
  readonly addresses: readonly ServerAddress[];
  /** Resolves when the server has shut down, for whatever reason. */
  readonly finished: Promise<void>;
  /** The transport in use. */
  readonly transport: "datagram" | "mmsg";
  /** The clock of all listeners that have none of their own. */
  readonly clock: ClockControl;
  /** The seed of all random numbers: `ServeOptions.seed`, or the one that was drawn. */
  readonly seed: number;
  /** The HTTP interface, if `ServeOptions.http` is set: `http://127.0.0.1:8880`. */
  readonly http: { readonly url: string } | undefined;
  /** The upstream servers that are followed, in the order of `ServeOptions.upstreams`, as they are now. */
  readonly upstreams: readonly UpstreamReport[];
  /** The control interface, if `ServeOptions.control` is set: `http://127.0.0.1:8890`. */
  readonly control: { readonly url: string } | undefined;
  /** What there is to know of NTS, if it is served. */
  readonly nts: NtsReport | undefined;
  /** The counters since the start. */
  readonly totals: Totals;
  /**
   * Lists the clients that are counted, by their addresses.
   *
   * @param query The order, and the part of the list; by default the 1000 clients seen last
   * @returns The clients, and how many there are
   * @throws {SyntaxError} If the order is unknown
   * @throws {RangeError} If a number is out of range
   */
  clients(query?: ClientsQuery): Promise<ClientList>;
  /**
   * Lists the latest exchanges, 500 at most.
   *
   * @throws {Error} If the server records none
   */
  exchanges(): RecordedExchanges;
  /** Whether all of it replies: it is not shutting down, and all threads of `mmsg` run. */
  readonly isAnswering: boolean;
  /**
   * Stops receiving, finishes the replies under way (within half a second) and closes every socket. It
   * may be called again.
   */
  shutdown(): Promise<void>;
}
