/** Faults as text, on a command line or in a URL: `delay=50ms,jitter=10ms,every=3`. */
import { suggest } from "../../text/suggest.ts";
import type { Fault, FaultName, FaultsOptions, FaultWhen } from "./options.ts";
import { parseOption } from "../../options/read.ts";
import { fieldsOf, kindOf, readFaults } from "./rules.ts";
import { quote } from "../../text/json.ts";

/**
 * Parses one fault: values separated by commas, `probability=0.5,after=10`. The first may stand without a
 * name: it is the main value of the fault (the `time` of a delay, the `code` of a KoD, the `value` of a
 * field), or the probability if there is none. Several networks are several `clients=…`.
 *
 * @param text Empty for a fault that always applies
 * @throws {SyntaxError} If it cannot be read
 * @throws {RangeError} If a number is out of range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseFault } from "./text.ts";
 *
 * assertEquals(parseFault("drop", "0.3"), { probability: 0.3 });
 * assertEquals(parseFault("delay", "50ms,every=3"), { time: "50ms", every: 3 });
 * ```
 */
export function parseFault(name: string, text: string): FaultWhen {
  const kind = kindOf(name);
  const fields = fieldsOf(kind);
  const rule: Record<string, unknown> = {};
  const parts = text.trim() === "" ? [] : text.split(",").map((part) => part.trim());
  parts.forEach((part, i) => {
    const [, named, value = ""] = /^([^=]*)=(.*)$/.exec(part) ?? [undefined, undefined, part];
    const where = `faults.${name}`;
    if (named === undefined && i > 0) {
      throw new SyntaxError(
        `${where}: ${quote(part)} has no name, expected such as after=10`,
      );
    }
    const key = named ?? kind.main ?? "probability";
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      const known = suggest(key, Object.keys(fields));
      throw new SyntaxError(`Unknown ${where} option ${quote(key)}: ${known}`);
    }
    if (key === "clients") ((rule.clients ??= []) as string[]).push(value);
    else if (Object.hasOwn(rule, key)) throw new SyntaxError(`${where}.${key} is given twice`);
    else {
      const parsed = parseOption(field, value, `${where}.${key}`);
      // All but numbers stay text.
      rule[key] = field.isNumber ? parsed : value;
    }
  });
  const fault = rule as FaultWhen;
  readFaults({ [name]: fault }, 0);
  return fault;
}

/**
 * Adds a fault to others, more of its kind included.
 *
 * @throws {SyntaxError} If it cannot be read
 * @throws {RangeError} If a number is out of range
 */
export function addFault(options: FaultsOptions, name: string, text: string): FaultsOptions {
  return mergeFaults(options, { [name]: parseFault(name, text) });
}

/** Adds faults to others, those of the same kind included; undefined if there are none at all. */
export function mergeFaults(options: FaultsOptions, more: FaultsOptions): FaultsOptions;
export function mergeFaults(
  options: FaultsOptions | undefined,
  more: FaultsOptions | undefined,
): FaultsOptions | undefined;
export function mergeFaults(
  options: FaultsOptions | undefined,
  more: FaultsOptions | undefined,
): FaultsOptions | undefined {
  if (options === undefined || more === undefined) return options ?? more;
  const merged: Record<string, Fault> = { ...options };
  for (const [name, fault] of Object.entries(more) as [FaultName, Fault | undefined][]) {
    if (fault === undefined) continue;
    const before = options[name];
    merged[name] = before === undefined ? fault : [rulesOf(before), rulesOf(fault)].flat();
  }
  return merged;
}

function rulesOf(fault: Fault): FaultWhen | readonly FaultWhen[] {
  return typeof fault === "number" ? { probability: fault } : fault;
}

/**
 * Adds a fault with its name, such as `drop=0.3` or `drop,every=3`, to others.
 *
 * @throws {SyntaxError} If it cannot be read
 * @throws {RangeError} If a number is out of range
 */
export function addNamedFault(options: FaultsOptions, text: string): FaultsOptions {
  const [, name = "", values = ""] = /^([^=,]*)[=,]?(.*)$/s.exec(text.trim()) ?? [];
  return addFault(options, name, values);
}

/** Formats faults so that {@linkcode addNamedFault} reads them: each such as `delay=50ms,every=3`. */
export function formatFaults(options: FaultsOptions): string[] {
  return Object.entries(options).flatMap(([name, fault]: [string, Fault]) =>
    [fault].flat().map((rule) => {
      const { main = "probability" } = kindOf(name);
      const { [main]: first, ...others } =
        (typeof rule === "number" ? { probability: rule } : rule) as Record<string, unknown>;
      const values = Object.entries(others).flatMap(([key, value]) =>
        [value].flat().map((each) => `${key}=${each}`)
      );
      return [first === undefined ? name : `${name}=${first}`, ...values].join();
    })
  );
}
