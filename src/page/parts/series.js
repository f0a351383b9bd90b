/** The numbers behind plots and tiles: one span of /history, and the seconds since it was read. */

/** @typedef {import("../shapes.d.ts").History} History */
/** @typedef {import("../shapes.d.ts").Tick} Tick */
/** @typedef {"10m" | "4h" | "48h"} Span */
/** @typedef {(number | null)[]} Column */

/**
 * Means per second of the last seconds.
 *
 * @typedef {{ replies: number, refused: number, received: number, clients: number,
 *   causes: [cause: string, perSecond: number][], listeners: [replies: number, refused: number][] }} Rates
 */

/** @type {Record<Span, { label: string, words: string, seconds: number }>} */
export const spans = {
  "10m": { label: "10 min", words: "10 minutes", seconds: 600 },
  "4h": { label: "4 h", words: "4 hours", seconds: 14_400 },
  "48h": { label: "48 h", words: "48 hours", seconds: 172_800 },
};

/** The seconds over which tiles and tables take means: single ones flicker. */
const MEAN_SECONDS = 10;

/** The difference in time from one second to the next that makes what is shown out of date. */
const MAX_GAP_SECONDS = 5;

export class Series {
  /** @type {Span} */
  span = "10m";
  /** Seconds since 1970 by the server's machine. @type {number[]} */
  times = [];
  /** Counts are per second. @type {Map<string, Column>} */
  columns = new Map();
  /** @type {Tick[]} */
  #recent = [];
  #step = 1;

  /** @param {History} history */
  load({ step, from, columns }) {
    const length = Math.max(0, ...Object.values(columns).map((column) => column.length));
    this.times = Array.from({ length }, (_, i) => from + i * step);
    this.columns = new Map(
      Object.entries(columns).map(([name, values]) => [
        name,
        isCount(name) ? values.map((value) => value === null ? null : value / step) : values,
      ]),
    );
    this.#step = step;
  }

  /**
   * Adds a second.
   *
   * @param {Tick} tick
   * @returns {boolean} Whether the history has to be read again
   */
  add(tick) {
    this.#recent.push(tick);
    if (this.#recent.length > MEAN_SECONDS) this.#recent.shift();
    const last = this.times.at(-1);
    if (last === undefined) return this.#step !== 1;
    const gap = tick.t - last;
    // Also when the clock of the server's machine was set: the history has all times by that clock.
    if (Math.abs(gap) >= (this.#step === 1 ? MAX_GAP_SECONDS : 2 * this.#step)) return true;
    // The history may have it already.
    if (this.#step !== 1 || gap <= 0) return false;
    const values = valuesOf(tick);
    for (const name of values.keys()) {
      if (!this.columns.has(name)) this.columns.set(name, this.times.map(() => null));
    }
    this.times.push(tick.t);
    for (const [name, column] of this.columns) column.push(values.get(name) ?? null);
    while (this.times.length > spans["10m"].seconds) {
      this.times.shift();
      for (const column of this.columns.values()) column.shift();
    }
    return false;
  }

  /** Forgets the last seconds, as after an interruption. */
  forget() {
    this.#recent = [];
  }

  /** @returns {Rates} */
  get rates() {
    const seconds = Math.max(1, this.#recent.length);
    const mean = (/** @type {(tick: Tick) => number} */ of) =>
      this.#recent.reduce((sum, tick) => sum + of(tick), 0) / seconds;
    /** @type {Map<string, number>} */
    const causes = new Map();
    for (const { refused } of this.#recent) {
      for (const [cause, count] of Object.entries(refused)) {
        if (count > 0) causes.set(cause, (causes.get(cause) ?? 0) + count / seconds);
      }
    }
    const last = this.#recent.at(-1);
    return {
      replies: mean(({ replies }) => sum(replies)),
      refused: mean(({ refused }) => sum(refused)),
      received: mean(({ received }) => received),
      clients: last?.clients ?? 0,
      causes: [...causes],
      listeners: (last?.listeners ?? []).map((_, i) => [
        mean(({ listeners }) => listeners?.[i]?.[0] ?? 0),
        mean(({ listeners }) => listeners?.[i]?.[1] ?? 0),
      ]),
    };
  }
}

/** @param {string} name */
function isCount(name) {
  return name.startsWith("replies_") || name === "refused";
}

/** @param {Record<string, number>} counts */
function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/**
 * The columns of a second, by the names of the history.
 *
 * @param {Tick} tick
 */
function valuesOf({ replies, refused, bound, upstreams = {} }) {
  /** @type {Map<string, number | null>} */
  const values = new Map([["refused", sum(refused)], ["bound", bound]]);
  for (const [protocol, count] of Object.entries(replies)) values.set(`replies_${protocol}`, count);
  for (const [url, [offset]] of Object.entries(upstreams)) values.set(`offset:${url}`, offset);
  return values;
}
