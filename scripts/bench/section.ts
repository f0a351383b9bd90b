/**
 * The sections of the benchmark.
 *
 * @module
 */

import type { Field } from "./field.ts";

/** The length of a slice where only ratios count: short, so that both of a pair meet the same machine. */
export const SLICE_SECONDS = 0.3;

/** The options of the command line. */
export interface BenchOptions {
  /** Measurements per server where the figures themselves count. */
  readonly rounds: number;
  /** Seconds per measurement. */
  readonly seconds: number;
  /** Measurements per server where only ratios count. */
  readonly slices: number;
  /** Outstanding requests. */
  readonly window: number;
  /** Sockets to send from. */
  readonly flows: number;
  /** Exchanges per client program for the offset. */
  readonly exchanges: number;
  /** Exchanges per server and condition for the error bounds. */
  readonly bounds: number;
  /** Exchanges per server and condition for the transmit timestamps. */
  readonly stamps: number;
  /** Replies of the endurance section. */
  readonly replies: number;
  /** Minutes of the section following. */
  readonly minutes: number;
  /** Another checkout of this project, to compare with in duels. */
  readonly before?: string | undefined;
}

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
