import type { Source } from "../../transports/exchange.ts";
import type { Random } from "./schedule.ts";
import type { FaultName, FaultsOptions } from "./options.ts";
import { readFaults, type Rule } from "./rules.ts";
import { Waits } from "./waits.ts";

/** A fault that applies to a request, with its random numbers. */
export interface TriggeredFault {
  readonly rule: Rule;
  readonly random: Random;
}

/**
 * The faults of one listener. They depend on the seed and the sequence of requests alone: the same of
 * both give the same faults, and no fault depends on the others.
 *
 * @example Faults that begin while the server runs
 * ```ts
 * import { serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0", { faults: {}, seed: 42 });
 * const [address] = server.addresses;
 * address?.faults?.set({ kiss: { code: "RATE", after: 10 } });
 * ```
 */
export interface ListenerFaults {
  /** The seed of all random numbers: a whole number, 0 to 2^32 - 1. */
  readonly seed: number;
  /** The present faults. */
  readonly options: FaultsOptions;
  /**
   * Replaces the faults. Counts, times and random numbers begin anew with the next request; replies under
   * way keep theirs.
   *
   * @param options The faults, and when they are triggered
   * @param seed The seed from now on; by default the present one
   * @throws {SyntaxError} If a fault or a value is unknown; nothing has changed then
   * @throws {RangeError} If a number is out of range; nothing has changed then
   */
  set(options: FaultsOptions, seed?: number): void;
  /** Removes all faults. */
  clear(): void;
}

/** The faults of one listener, with the state of their schedules. */
export class Faults implements ListenerFaults, Disposable {
  readonly waits: Waits = new Waits();
  /** Called when they are replaced. */
  onChange: (() => void) | undefined;
  readonly #nowMs: () => number;
  #seed: number;
  #options: FaultsOptions = {};
  #rules: readonly Rule[] = [];
  #startMs = 0;
  #earlier = new Map<boolean, Uint8Array>();
  readonly #client = new Uint32Array(4);

  /**
   * @param nowMs A time in milliseconds that is never set
   * @throws {SyntaxError | RangeError} As {@linkcode ListenerFaults.set} does
   */
  constructor(options: FaultsOptions, seed: number, nowMs: () => number = () => performance.now()) {
    this.#seed = seed;
    this.#nowMs = nowMs;
    this.set(options, seed);
  }

  get seed(): number {
    return this.#seed;
  }

  get options(): FaultsOptions {
    return this.#options;
  }

  get names(): FaultName[] {
    return [...new Set(this.#rules.map(({ name }) => name))];
  }

  set(options: FaultsOptions, seed: number = this.#seed): void {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      throw new RangeError(`Cannot use the seed ${seed}: expected a whole number, 0 to 4294967295`);
    }
    const rules = readFaults(options, seed);
    this.#seed = seed;
    this.#options = withoutEmpty(options);
    this.#rules = rules;
    this.#startMs = this.#nowMs();
    this.#earlier = new Map();
    this.onChange?.();
  }

  clear(): void {
    this.set({});
  }

  /** Draws the faults of the next request, in the order in which they apply to the reply. */
  next(source: Pick<Source, "readAddress">): TriggeredFault[] {
    if (this.#rules.length === 0) return [];
    source.readAddress(this.#client);
    const elapsedMs = this.#nowMs() - this.#startMs;
    const triggered: TriggeredFault[] = [];
    for (const rule of this.#rules) {
      const random = rule.schedule(this.#client, elapsedMs);
      if (random !== undefined) triggered.push({ rule, random });
    }
    return triggered;
  }

  /** Returns the first reply of its kind since the faults were set; keeps this one if there was none. */
  recall(reply: Uint8Array, isNtp: boolean): Uint8Array | undefined {
    const earlier = this.#earlier.get(isNtp);
    if (earlier === undefined) this.#earlier.set(isNtp, reply.slice());
    return earlier;
  }

  [Symbol.dispose](): void {
    this.waits[Symbol.dispose]();
  }
}

function withoutEmpty(options: FaultsOptions): FaultsOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, fault]) => fault !== undefined && [fault].flat().length > 0),
  );
}
