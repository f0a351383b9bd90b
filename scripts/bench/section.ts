/** The sections of the benchmark. */
import type { Field } from "./field.ts";

/** The length of a slice where only ratios count: short, so that both of a pair meet the same machine. */
export const SLICE_SECONDS = 0.3;

/** The defaults of the options of the command line, which describes them. */
export const DEFAULTS = {
  ...{ rounds: 5, seconds: 1, slices: 24, window: 64, flows: 8, exchanges: 40 },
  ...{ bounds: 10_000, stamps: 100_000, replies: 10_000_000, minutes: 20 },
};

/** The options of the command line. */
export type BenchOptions = Readonly<typeof DEFAULTS> & {
  /** Another checkout of this project, to compare with in duels. */
  readonly before?: string | undefined;
};

/** Where and how long measurements run. */
export interface Context {
  /** The core for servers; any without it. */
  readonly serverCore: number | undefined;
  /** The core for clients; any without it. */
  readonly loadCore: number | undefined;
  /** Ends the benchmark early. */
  readonly signal: AbortSignal;
  /** Shows the current step. */
  readonly showProgress: (text: string) => void;
}

/** The input of a section. */
export interface Bench extends Context {
  readonly options: BenchOptions;
  readonly field: Field;
}

/** The output of a section. */
export interface Findings {
  /** For programs, as JSON. */
  readonly figures: unknown;
  /** For people. */
  readonly lines: readonly string[];
}

/** One question, measured and laid out. */
export interface Section {
  /** Its question in one line. */
  readonly summary: string;
  /** Whether it runs on any system, without other programs. */
  readonly isSimulated?: boolean;
  readonly measure: (bench: Bench) => Promise<Findings>;
}
