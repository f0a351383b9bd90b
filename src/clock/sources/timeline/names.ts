/** The names that options of a clock may have. */
import type { ClockOptions } from "./options.ts";
import { suggest } from "../../../text/suggest.ts";

const names: Readonly<Record<keyof ClockOptions, true>> = {
  time: true,
  offset: true,
  rate: true,
  freeze: true,
  steps: true,
  leap: true,
  leapSeconds: true,
  smear: true,
  noise: true,
  seed: true,
};

/**
 * Looks at the names of options alone: what is misspelt would otherwise not be missed.
 *
 * @throws {SyntaxError} If one is unknown
 * @throws {TypeError} If they are no options
 */
export function checkClockNames(options: ClockOptions): void {
  checkIsObject(options);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    throw new SyntaxError(
      `Unknown clock option ${JSON.stringify(name)}: ${suggest(name, Object.keys(names))}`,
    );
  }
}

/**
 * Looks whether something can be a clock, or options of one.
 *
 * @throws {TypeError} If it cannot
 */
export function checkIsObject(clock: object): void {
  if (typeof clock === "object" && clock !== null) return;
  throw new TypeError(`Cannot take ${clock} for a clock: expected such as { offset: "+1h" }`);
}
