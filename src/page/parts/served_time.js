/**
 * The served time on this screen: by exchanges with the server where its clock runs at the rate of
 * this one, otherwise by the time that comes with each second.
 */

/** The disagreement after which an exchange is out of date, in milliseconds. */
const MAX_DISAGREEMENT_MS = 250;

/** Rates that exchanges can follow. */
const MIN_RATE = 0.999;
const MAX_RATE = 1.001;

/**
 * What `createClock()` of /timesync.js returns.
 *
 * @typedef {{ now(): number, bound: number, status: string }} PageClock
 */

export class ServedTime {
  /** @type {PageClock | undefined} */
  #exchanges;
  /** @type {{ perf: number, served: number } | undefined} */
  #anchor;
  #rate = 1;
  #offsetMs = 0;
  #agrees = false;

  /** @param {PageClock} clock */
  follow(clock) {
    this.#exchanges = clock;
  }

  /** @param {import("../shapes.d.ts").State} state */
  readState({ clock }) {
    this.#rate = clock.rate;
  }

  /** @param {import("../shapes.d.ts").Tick} tick */
  readTick({ time, offset }) {
    const perf = performance.now();
    this.#offsetMs = offset * 1000;
    const isSteady = this.#rate > MIN_RATE && this.#rate < MAX_RATE;
    const error = this.#anchor === undefined ? Infinity : time - this.#anchored(perf);
    // Ticks are delayed on their way, never early: the least delayed one is right.
    if (!isSteady || error > 0 || error < -MAX_DISAGREEMENT_MS) {
      this.#anchor = { perf, served: time };
    }
    this.#agrees = isSteady && this.#exchanges !== undefined && this.#isSet() &&
      Math.abs(this.#exchanges.now() - time) < MAX_DISAGREEMENT_MS;
  }

  get isKnown() {
    return this.#anchor !== undefined;
  }

  /** The served time in milliseconds since 1970. */
  now() {
    if (this.#agrees && this.#exchanges !== undefined) return this.#exchanges.now();
    return this.#anchored(performance.now());
  }

  /** The time of the server's machine, likewise. */
  machineNow() {
    if (this.#agrees) return this.now() - this.#offsetMs;
    const { perf, served } = this.#anchor ?? { perf: 0, served: NaN };
    return served - this.#offsetMs + performance.now() - perf;
  }

  /** How far the clock of this screen is ahead of the served time, and the error bound: in seconds. */
  get screen() {
    if (!this.#agrees || this.#exchanges === undefined) return undefined;
    return {
      ahead: (Date.now() - this.#exchanges.now()) / 1000,
      bound: this.#exchanges.bound / 1000,
    };
  }

  /** @param {number} perf */
  #anchored(perf) {
    if (this.#anchor === undefined) return NaN;
    return this.#anchor.served + (perf - this.#anchor.perf) * this.#rate;
  }

  #isSet() {
    const now = this.#exchanges?.now();
    return now !== undefined && Number.isFinite(now);
  }
}
