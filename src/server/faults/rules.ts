/** Faults as they are configured, turned into rules that are triggered. */
import { attempt, type Field, field, number, whole } from "../../options/field.ts";
import { pickOptions, readOptions, withUnit } from "../../options/read.ts";
import { suggest } from "../../text/suggest.ts";
import { type AccessTable, accessTable } from "../guard/access.ts";
import type { Effect } from "./effect.ts";
import { type Kind, kinds, row, span } from "./kinds.ts";
import type { FaultName, FaultsOptions } from "./options.ts";
import { type Draws, makeDraws, makeSchedule, type Schedule } from "./schedule.ts";
import { quote } from "../../text/json.ts";

/** The names of all faults, in the order in which they apply to a reply. */
export const faultNames: readonly FaultName[] = Object.keys(kinds) as FaultName[];

export interface Rule {
  readonly name: FaultName;
  readonly kind: Kind;
  readonly schedule: Schedule;
  readonly effect: Effect;
}

const MAX_TIME_MS = 366 * 86_400_000;

const whenFields = {
  probability: number(0, 1, row("probability")),
  after: whole(0, 2 ** 32 - 1, row("after")),
  every: whole(1, 2 ** 32 - 1, row("every")),
  from: span("from", MAX_TIME_MS, "366d"),
  to: span("to", MAX_TIME_MS, "366d"),
  clients: field<AccessTable>(
    row("clients"),
    "networks such as 192.0.2.0/24 or 2001:db8::/32",
    (given) => {
      const allow = typeof given === "string" ? [given] : given;
      if (!Array.isArray(allow) || allow.length === 0) return undefined;
      if (allow.some((network) => typeof network !== "string")) return undefined;
      return attempt(() => accessTable({ allow }));
    },
  ),
};

/**
 * Reads faults as rules, in the order in which they apply to a reply.
 *
 * @param seed A whole number, 0 to 2^32 - 1
 * @throws {SyntaxError} If a fault or a value is unknown, missing or cannot be read
 * @throws {RangeError} If a number is out of bounds
 * @throws {TypeError} If a length of time is a number
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
    return several.map((each, i) => readRule(name, each, makeDraws(seed, `${name} ${i}`)));
  });
}

/** Gives the lengths of time in faults of JSON their unit: there they may be numbers of seconds. */
export function withUnits(faults: unknown): FaultsOptions {
  const read = (rule: unknown, fields: Readonly<Record<string, Field>>): unknown =>
    mapObject(rule, (value, key) => {
      const isDuration = Object.hasOwn(fields, key) && fields[key]?.isDuration;
      return isDuration ? withUnit(value) : value;
    });
  return mapObject(faults, (fault, name) => {
    const fields = fieldsOf(kindOf(name));
    return Array.isArray(fault) ? fault.map((rule) => read(rule, fields)) : read(fault, fields);
  }) as FaultsOptions;
}

/** Maps the values of an object; anything else is left to {@linkcode readFaults}, which refuses it. */
function mapObject(given: unknown, map: (value: unknown, key: string) => unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, map(value, key)]));
}

/**
 * Finds a kind of fault by its name.
 *
 * @throws {SyntaxError} If there is none
 */
export function kindOf(name: string): Kind {
  if (Object.hasOwn(kinds, name)) return kinds[name as FaultName];
  throw new SyntaxError(`Unknown fault ${quote(name)}: ${suggest(name, faultNames)}`);
}

/** The fields of a kind of fault, including those of its schedule. */
export function fieldsOf({ fields }: Kind): Readonly<Record<string, Field>> {
  return { ...whenFields, ...fields };
}

function readRule(name: FaultName, given: unknown, draws: Draws): Rule {
  const where = `faults.${name}`;
  const kind = kindOf(name);
  const rule = typeof given === "number" ? { probability: given } : given;
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) {
    throw new SyntaxError(
      `${where} is ${quote(given)}, expected a probability or an object`,
    );
  }
  const values = readOptions(fieldsOf(kind), rule, where);
  for (const key of kind.required ?? []) {
    if (values[key] !== undefined) continue;
    throw new SyntaxError(`${where}.${key} is missing, expected ${kind.fields[key]?.expected}`);
  }
  const when = pickOptions(whenFields, values);
  const { probability = 1, after = 0, every = 1, from = 0, to = Infinity, clients } = when;
  if (to <= from) throw new SyntaxError(`${where}.to is not after from`);
  return {
    name,
    kind,
    schedule: makeSchedule({ probability, after, every, fromMs: from, toMs: to, clients }, draws),
    effect: makeEffect(kind, values, where),
  };
}

function makeEffect(kind: Kind, values: Readonly<Record<string, unknown>>, where: string): Effect {
  try {
    return kind.effect(pickOptions(kind.fields, values));
  } catch (error) {
    throw error instanceof SyntaxError ? new SyntaxError(`${where}: ${error.message}`) : error;
  }
}
