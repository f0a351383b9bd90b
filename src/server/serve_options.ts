/** What a server is given, and what it gives. */
import type { Clock } from "../clock/clock.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";
import type { DaytimeFormat } from "../protocols/daytime/format.ts";
import type { Endpoint } from "../protocols/endpoint.ts";
import type { Responder } from "../protocols/responder.ts";
import type { AddressFamily } from "../system/address.ts";
import type { Totals } from "../transports/counters.ts";
import type { ClockControl } from "../clock/served_time.ts";
import type { ListenerFaults } from "./faults/faults.ts";
import type { FaultsOptions } from "./faults/options.ts";
import type { GuardOptions } from "./guard/guard.ts";
import type { ServerLog } from "./log/log.ts";
import type { StatusOptions } from "../clock/sources/options.ts";
import type { Transport } from "./transport.ts";

/** Options for {@linkcode serve}. */
export interface ServeOptions extends GuardOptions {
  /**
   * Say UTC rather than this machine's local time in texts that carry no zone.
   *
   * @default {false}
   */
  readonly utc?: boolean;
  /**
   * The time to serve: what to make of the system's, as `{ time: "2038-01-19T03:14:00Z", rate: 0 }`, or a
   * clock of the caller's own.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock | ClockOptions;
  /** What to tell NTP clients about that clock; an honest guess without it. */
  readonly status?: StatusOptions;
  /**
   * The form of the Daytime lines.
   *
   * @default {"ctime"}
   */
  readonly daytimeFormat?: DaytimeFormat;
  /**
   * What goes wrong with the answers of every listener, on purpose, and what can be told to while the
   * server runs (`ServerAddress.faults`); these run on `datagram`.
   */
  readonly faults?: FaultsOptions;
  /**
   * What all random numbers come from, 0 to 2^32 - 1: the same seed and the same requests give the same
   * faults, and the same seed the same noise of a clock so long after the start.
   *
   * @default {one by chance, which the log tells}
   */
  readonly seed?: number;
  /** Answers in place of the protocol each URL names. */
  readonly responder?: Responder;
  /** The IP version of the addresses that names stand for; both without it. */
  readonly family?: AddressFamily | undefined;
  /**
   * How datagrams are moved: `datagram` runs everywhere; `mmsg` is faster and truer, in threads of
   * its own, on Linux (x86-64, arm64) with the permissions `ffi` and to read the library's modules,
   * without faults or a clock or responder of the caller's own; `auto` is `mmsg` where that can be.
   *
   * @default {"datagram"}
   */
  readonly transport?: Transport;
  /**
   * How many threads `mmsg` has, 1 up to the machine's cores.
   *
   * @default {1}
   */
  readonly workers?: number;
  /**
   * The queue of requests of each socket of `mmsg`, in KiB, 4 to 65,536: a longer one survives longer
   * bursts, and has answers come later under overload. The kernel may allow less; the log says so.
   *
   * @default {256}
   */
  readonly receiveQueueKib?: number;
  /**
   * How many answers may be under way at once on a socket; requests beyond it
   * are refused as `overload`. On `mmsg`, each answer is made before the next request is looked at.
   *
   * @default {16384}
   */
  readonly maxTasks?: number;
  /**
   * Where to be looked at and changed by HTTP and JSON while it runs, as `127.0.0.1:8890`, port 0 for a
   * free one (docs/control.md); nowhere without it.
   */
  readonly control?: string;
  /**
   * What a request there has to know, 16 to 256 letters and digits; required on anything but a loopback
   * address.
   */
  readonly controlToken?: string;
  /** Shuts the server down when it aborts. */
  readonly signal?: AbortSignal;
  /** What the server says while it runs; silent without it. */
  readonly log?: ServerLog;
}

/** An address a server listens on, its real port included. */
export interface ServerAddress extends Endpoint {
  /** The address as a URL, to be given to `query()`. */
  readonly url: string;
  /** What goes wrong there on purpose, if that was asked for: all addresses of one listener share it. */
  readonly faults?: ListenerFaults;
}

/** A server that is running. */
export interface Server extends AsyncDisposable {
  /** Every address listened on; a wildcard as itself on `mmsg`, and else an address for each it stands for. */
  readonly addresses: readonly ServerAddress[];
  /** Resolves when the server has shut down, for whatever reason. */
  readonly finished: Promise<void>;
  /** How datagrams are moved. */
  readonly transport: "datagram" | "mmsg";
  /** The clock that is served, but for listeners with one of their own. */
  readonly clock: ClockControl;
  /** Where it is controlled, if `ServeOptions.control` was given: `http://127.0.0.1:8890`. */
  readonly control: { readonly url: string } | undefined;
  /** What the server has done so far. */
  readonly totals: Totals;
  /** Whether all of it answers: it does not shut down, and no thread of `mmsg` has died and is yet to be replaced. */
  readonly isAnswering: boolean;
  /**
   * Takes no further request, finishes the answers under way (for half a
   * second at most) and closes every socket. May be called again.
   */
  shutdown(): Promise<void>;
}
