import type { DialectName } from "./dialects.ts";

/** What load to put on which address. */
export interface AddressLoad {
  /** The server's address. */
  readonly hostname: string;
  /** Its port. */
  readonly port: number;
  /** What it is asked in. */
  readonly protocol: DialectName;
  /** How long to measure. */
  readonly seconds: number;
  /** How long to run before measuring. */
  readonly warmupSeconds: number;
  /** How many requests to send at most, those of the warm-up not counted; any number without it. */
  readonly requests?: number | undefined;
  /** Requests on their way at once, over all flows. Ignored at a fixed rate. */
  readonly window: number;
  /** Sockets to send from. */
  readonly flows: number;
  /** Requests a second, whether answered or not; without it, as many as the window allows. */
  readonly rate?: number | undefined;
  /**
   * After how long without a reply a request is lost.
   *
   * @default {0.1}
   */
  readonly timeoutSeconds?: number | undefined;
  /** Whether the kernel cuts bursts into requests (`UDP_SEGMENT`); not in `daytime` and `time`, whose requests are empty. */
  readonly segmented?: boolean | undefined;
  /** The process whose CPU time is taken. */
  readonly pid?: number | undefined;
  /** Ends it early when it aborts, within a quarter of a second. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how it goes, four times a second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** How a load goes. */
export interface LoadProgress {
  /** How long it has been measuring. */
  readonly seconds: number;
  /** Right replies a second so far. */
  readonly goodPerSecond: number;
  /** Requests lost so far. */
  readonly lost: number;
}
