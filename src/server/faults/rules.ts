/** Faults as they are asked for, turned into rules that happen. */
import { suggest } from "../../text/suggest.ts";
import { Draws } from "./draws.ts";
import type { Effect } from "./draft.ts";
import { type Field, type Fields, networks, probability, spanMs, whole } from "./fields.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { FaultName, FaultsOptions } from "./options.ts";
import { Schedule, type When } from "./schedule.ts";

/** The names of all faults, in the order in which they befall an answer. */
export const faultNames: readonly FaultName[] = Object.keys(kinds) as FaultName[];

/** One fault as it is asked for. */
export interface Rule {
  readonly name: FaultName;
  readonly isNtp: boolean;
  readonly schedule: Schedule;
  readonly effect: Effect;
}

const LONGEST_MS = 366 * 86_400_000;

interface WhenValues extends Omit<When, "fromMs" | "toMs"> {
  readonly from: number;
  readonly to: number | undefined;
}

const whenFields: Fields<WhenValues> = {
  probability,
  after: whole(0, 2 ** 32 - 1, 0),
  every: whole(1, 2 ** 32 - 1, 1),
  from: spanMs(LONGEST_MS, "366d", 0),
  to: spanMs(LONGEST_MS, "366d", undefined),
  clients: networks,
};

/**
 * Reads faults.
 *
 * @param options What is asked for
 * @param seed A whole number, 0 to 2^32 - 1
 * @returns The rules, in the order in which they befall an answer
 * @throws {SyntaxError} If a name or a value is none; the message says which, and what there is
 * @throws {RangeError} If a number is out of range
 */
export function readFaults(options: FaultsOptions, seed: number): Rule[] {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new SyntaxError(`Cannot read faults: expected an object such as {"drop": 0.3}`);
  }
  for (const name of Object.keys(options)) kindOf(name);
  return faultNames.flatMap((name) => {
    const given = options[name];
    if (given === undefined) return [];
    const several: readonly unknown[] = Array.isArray(given) ? given : [given];
    return several.map((each, i) => readRule(name, each, new Draws(seed, `${name} ${i}`)));
  });
}

/**
 * The kind of fault that a name stands for.
 *
 * @throws {SyntaxError} If there is none
 */
export function kindOf(name: string): Kind {
  if (Object.hasOwn(kinds, name)) return kinds[name as FaultName];
  throw new SyntaxError(`Unknown fault ${JSON.stringify(name)}: ${suggest(name, faultNames)}`);
}

/** The values that a kind of fault has, its schedule's included. */
export function fieldsOf({ fields }: Kind): Readonly<Record<string, Field<unknown>>> {
  return { ...fields, ...whenFields };
}

/** A fault that cannot be, as an error of a class. */
export function impossible(
  name: string,
  problem: string,
  Failure: typeof RangeError | typeof SyntaxError = SyntaxError,
): Error {
  return new Failure(`Cannot have the fault ${name}: ${problem}`);
}

function readRule(name: FaultName, given: unknown, draws: Draws): Rule {
  const kind = kindOf(name);
  const asked = typeof given === "number" ? { probability: given } : given;
  if (typeof asked !== "object" || asked === null || Array.isArray(asked)) {
    const got = JSON.stringify(given);
    throw impossible(name, `it is ${got}, expected a probability or an object`);
  }
  const keys = Object.keys(fieldsOf(kind));
  for (const key of Object.keys(asked)) {
    if (keys.includes(key)) continue;
    throw impossible(name, `unknown key ${JSON.stringify(key)}, ${suggest(key, keys)}`);
  }
  const { from, to = Infinity, ...when } = readFields(name, whenFields, asked);
  if (to <= from) throw impossible(name, "to is not after from");
  const values = readFields(name, kind.fields, asked);
  return {
    name,
    isNtp: kind.isNtp ?? false,
    schedule: new Schedule({ ...when, fromMs: from, toMs: to }, draws),
    effect: effectOf(name, () => kind.effect(values)),
  };
}

function readFields<Values>(name: string, fields: Fields<Values>, given: object): Values {
  const entries = Object.entries<Field<unknown>>(fields).map(([key, field]) => {
    const { expected, isNumber, isRequired, fallback } = field;
    const one: unknown = Reflect.get(given, key);
    if (one === undefined) {
      if (isRequired) throw impossible(name, `${key} is missing, expected ${expected}`);
      return [key, fallback];
    }
    const value = field.read(one);
    if (value !== undefined) return [key, value];
    const problem = `${key} is ${show(one)}, expected ${expected}`;
    throw impossible(name, problem, isNumber && typeof one === "number" ? RangeError : SyntaxError);
  });
  return Object.fromEntries(entries);
}

function effectOf(name: string, make: () => Effect): Effect {
  try {
    return make();
  } catch (error) {
    throw error instanceof SyntaxError ? impossible(name, error.message) : error;
  }
}

/** A value as it was written; of a number JSON knows, unlike NaN, the number. */
function show(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
}
