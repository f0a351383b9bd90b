import { type ExchangeOptions, networkFields } from "../client/exchange.ts";
import { flag, passed, seconds, type TimedFields, UNNAMED, whole } from "../options/field.ts";
import type { InSeconds, TimeSpan } from "../text/duration.ts";

/** Options for a load test. */
export interface LoadOptions extends Pick<ExchangeOptions, "bind" | "family"> {
  /**
   * The time to measure, 1 ms to 10 minutes.
   *
   * @default {"5s"}
   */
  readonly duration?: TimeSpan;
  /** Maximum number of requests to send, the warm-up not counted; unlimited without it. */
  readonly requests?: number | undefined;
  /**
   * Outstanding requests over all flows, 1 to 16384. Ignored at a fixed rate.
   *
   * @default {64}
   */
  readonly window?: number;
  /** Requests per second, answered or not, up to 10,000,000; without it, as many as the window allows. */
  readonly rate?: number | undefined;
  /**
   * Sockets to send from, 1 to 1024.
   *
   * @default {8}
   */
  readonly flows?: number;
  /**
   * The time without a reply after which a request is lost, 1 ms to 10 s.
   *
   * @default {"100ms"}
   */
  readonly timeout?: TimeSpan;
  /** The time to run before measuring, up to a minute: 300 ms without it, or 0 with `requests`. */
  readonly warmup?: TimeSpan | undefined;
  /**
   * Whether the kernel cuts bursts into requests (`UDP_SEGMENT`), which needs less CPU time; not for
   * `daytime` and `time`, whose requests are empty.
   *
   * @default {false}
   */
  readonly segmented?: boolean | undefined;
  /**
   * Confirms that a server outside this machine's loopback network is yours: no other is put under load.
   *
   * @default {false}
   */
  readonly ownServer?: boolean | undefined;
  /** The server's process on this machine, to measure its CPU time. */
  readonly pid?: number | undefined;
  /** Ends the test early, within 0.3 s, with the figures measured so far. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the progress 20 times per second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** The progress of a load test. */
export interface LoadProgress {
  /** Seconds measured so far. */
  readonly seconds: number;
  /** Good replies per second so far. */
  readonly goodPerSecond: number;
  /** Requests lost so far. */
  readonly lost: number;
}

/** The options of one run, against one address of the server. */
export type RunOptions =
  & Required<Pick<InSeconds<LoadOptions>, "window" | "flows" | "timeout">>
  & Pick<LoadOptions, "bind" | "requests" | "rate" | "segmented" | "pid" | "signal" | "onProgress">
  & { readonly hostname: string; readonly port: number };

/** The limit of Linux (proc_pid_max(5)). */
export const MAX_PID = 2 ** 22;

export const loadFields: TimedFields<LoadOptions> = {
  bind: networkFields.bind,
  family: networkFields.family,
  signal: networkFields.signal,
  duration: seconds("1ms", "10m"),
  timeout: seconds("1ms", "10s"),
  warmup: seconds("0s", "1m"),
  requests: whole(1, 2 ** 31 - 1, UNNAMED),
  window: whole(1, 16_384, UNNAMED),
  rate: whole(1, 1e7, UNNAMED),
  flows: whole(1, 1024, UNNAMED),
  pid: whole(1, MAX_PID, UNNAMED),
  segmented: flag(UNNAMED),
  ownServer: flag(UNNAMED),
  onProgress: passed(),
};
