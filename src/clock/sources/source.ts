/** The contract of everything that decides which time is served. */
import type { Timers } from "../../system/time.ts";
import type { Clock, UnixTime } from "../clock.ts";
import type { PageContent } from "../page.ts";
import type { StatusOptions } from "./options.ts";

/** Where the status of a clock comes from: the kernel, the configuration, a guess or upstream servers. */
export type StatusSource = "kernel" | "given" | "guess" | "upstreams";

/** How often served time has jumped by itself. */
export interface Jumps {
  readonly step: number;
  readonly leap: number;
}

/**
 * Decides which time is served, and which status it has. The page that readers go by is written from its
 * content, at first and after each change.
 */
export interface TimeSource extends Disposable {
  /** The lines that hold now and next, and the status. */
  readonly content: PageContent;
  /** Takes other options of the status, where there are any. */
  configure?(options: StatusOptions): void;
  /** Called after each change of the content; the writer of the page sets it. */
  onChange: () => void;
  /** The warnings for its administrator now, each a sentence. */
  readonly warnings: readonly string[];
  readonly statusSource: StatusSource;
  readonly jumps: Jumps;
}

export interface SourceContext {
  /** The clock that served time is computed from: the system's, or a caller's own. */
  readonly base: Clock;
  /** The precision with which it is read, as a power of two of seconds. */
  readonly precision: number;
  /** When the server started, by that clock. */
  readonly start: Readonly<UnixTime>;
  readonly timers: Timers;
}

/** The interval at which a source gathers its facts again, even if nothing is due. */
export const POLL_MS = 4000;
