/**
 * A section of the benchmark: one question, measured and laid out.
 *
 * @module
 */

import type { Field } from "./field.ts";

/** How long a slice takes where only ratios count: short, so that both of a pair meet the same machine. */
export const SLICE_SECONDS = 0.3;

/** How much is measured. */
export interface BenchOptions {
  /** How often each server is measured where the figures themselves count. */
  readonly rounds: number;
  /** How long each time. */
  readonly seconds: number;
  /** How often each server is measured where only ratios count. */
  readonly slices: number;
  /** Requests on their way at once. */
  readonly window: number;
  /** Sockets they are sent from. */
  readonly flows: number;
  /** How often each client program asks for the offset. */
  readonly exchanges: number;
  /** Replies of the endurance run. */
  readonly replies: number;
  /** Another checkout of this project, to compare with in duels. */
  readonly before?: string | undefined;
}

/** What a section needs besides the options. */
export interface Surroundings {
  /** The core for servers, or `undefined` for any. */
  readonly serverCore: number | undefined;
  /** The core for what asks, or `undefined` for any. */
  readonly loadCore: number | undefined;
  /** What ends it early. */
  readonly signal: AbortSignal;
  /** Hears what is being done. */
  readonly showProgress: (text: string) => void;
}

/** All that a section is given. */
export interface Bench extends Surroundings {
  readonly options: BenchOptions;
  readonly field: Field;
}

/** What a section found. */
export interface Findings {
  /** For programs; something that JSON can say. */
  readonly figures: unknown;
  /** For people. */
  readonly lines: readonly string[];
}

/** A section. */
export interface Section {
  /** What it measures, in a line. */
  readonly summary: string;
  /** Measures it. */
  readonly measure: (bench: Bench) => Promise<Findings>;
}
