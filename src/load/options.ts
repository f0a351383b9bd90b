import type { ExchangeOptions } from "../client/exchange.ts";
import { checkOption } from "../client/measure.ts";

/** Options for a load test. */
export interface LoadOptions extends Pick<ExchangeOptions, "bind" | "family"> {
  /**
   * Seconds to measure, above 0 and up to 600.
   *
   * @default {5}
   */
  readonly duration?: number;
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
   * Seconds without a reply after which a request is lost, 0.001 to 10.
   *
   * @default {0.1}
   */
  readonly timeout?: number;
  /** Seconds to run before measuring, 0 to 60: 0.3 without it, or 0 with `requests`. */
  readonly warmup?: number | undefined;
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
  /** Called with the progress four times per second. */
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
  & Required<Pick<LoadOptions, "window" | "flows" | "timeout">>
  & Pick<LoadOptions, "bind" | "requests" | "rate" | "segmented" | "pid" | "signal" | "onProgress">
  & { readonly hostname: string; readonly port: number };

/** The limit of Linux (proc_pid_max(5)). */
export const MAX_PID = 2 ** 22;

export function checkLoadOptions(options: LoadOptions): void {
  checkOption("duration", options.duration, Number.MIN_VALUE, 600);
  checkOption("timeout", options.timeout, 0.001, 10);
  checkOption("warmup", options.warmup, 0, 60);
  const counts = { requests: 2 ** 31 - 1, window: 16_384, rate: 1e7, flows: 1024, pid: MAX_PID };
  for (const [name, max] of Object.entries(counts)) {
    checkOption(name, options[name as keyof typeof counts], 1, max, true);
  }
}
