/** The faults of one listener while it runs. */
import type { Source } from "../../transports/exchange.ts";
import type { Random } from "./schedule.ts";
import type { FaultName, FaultsOptions } from "./options.ts";
import { readFaults, type Rule } from "./rules.ts";
import { Waits } from "./waits.ts";

/** A fault that happens to a request, with the random numbers for it. */
export interface TriggeredFault {
  readonly rule: Rule;
  readonly random: Random;
}

/**
 * What goes wrong at one listener, on purpose. It depends on the seed and the sequence of requests
 * alone: the same of both give the same faults, and none depends on what other faults there are.
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
  /** What all the random numbers come from: a whole number, 0 to 2^32 - 1. */
  readonly seed: number;
  /** What goes wrong at present. */
  readonly options: FaultsOptions;
  /**
   * Sets what goes wrong, in place of what did. Counts, times and random numbers begin anew with the
   * next request; answers under way keep what has happened to them.
   *
   * @param options What goes wrong, and when
   * @param seed What the random numbers come from, from now on; without it, what they come from already
   * @throws {SyntaxError} If a fault or a value is none there is; nothing has changed then
   * @throws {RangeError} If a number is out of range; nothing has changed then
   */
  set(options: FaultsOptions, seed?: number): void;
  /** Has nothing go wrong from now on. */
  clear(): void;
}

/** The faults of one listener, and what they remember of its requests. */
export class Faults implements ListenerFaults, Disposable {
  /** The answers that wait. */
  readonly waits: Waits = new Waits();
  readonly #nowMs: () => number;
  #seed: number;
  #options: FaultsOptions = {};
  #rules: readonly Rule[] = [];
  #startMs = 0;
  #earlier = new Map<boolean, Uint8Array>();
  readonly #client = new Uint32Array(4);

  /**
   * Makes faults, for one listener.
   *
   * @param options What goes wrong, and when
   * @param seed What all the random numbers come from: a whole number, 0 to 2^32 - 1
   * @param nowMs A time in milliseconds that is never set
   * @throws {SyntaxError} If a fault or a value is none there is
   * @throws {RangeError} If a number is out of range
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

  /** The names of what goes wrong at present. */
  get names(): FaultName[] {
    return [...new Set(this.#rules.map(({ name }) => name))];
  }

  set(options: FaultsOptions, seed: number = this.#seed): void {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      throw new RangeError(`Cannot use the seed ${seed}: expected a whole number, 0 to 4294967295`);
    }
    const rules = readFaults(options, seed);
    this.#seed = seed;
    this.#options = withoutNone(options);
    this.#rules = rules;
    this.#startMs = this.#nowMs();
    this.#earlier = new Map();
  }

  clear(): void {
    this.set({});
  }

  /** Decides what happens to the next request, in the order in which it applies to the reply. */
  next(source: Source): TriggeredFault[] {
    if (this.#rules.length === 0) return [];
    source.readAddress(this.#client);
    const elapsedMs = this.#nowMs() - this.#startMs;
    const triggered: TriggeredFault[] = [];
    for (const rule of this.#rules) {
      const random = rule.schedule.next(this.#client, elapsedMs);
      if (random !== undefined) triggered.push({ rule, random });
    }
    return triggered;
  }

  /** The first answer of its kind since the faults were set; this one is kept if there was none. */
  recall(answer: Uint8Array, isNtp: boolean): Uint8Array | undefined {
    const earlier = this.#earlier.get(isNtp);
    if (earlier === undefined) this.#earlier.set(isNtp, answer.slice());
    return earlier;
  }

  /** Has no answer wait any longer: the listener is closed. */
  [Symbol.dispose](): void {
    this.waits[Symbol.dispose]();
  }
}

/** Faults without those that are an empty list of them. */
function withoutNone(options: FaultsOptions): FaultsOptions {
  const isSome = ([, fault]: [string, unknown]): boolean =>
    fault !== undefined && !(Array.isArray(fault) && fault.length === 0);
  return Object.fromEntries(Object.entries(options).filter(isSome));
}
