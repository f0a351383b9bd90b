/** Changes a clock by a JSON object. */
import { clockFields, type ClockOptions } from "../../clock/sources/timeline/options.ts";
import type { ClockControl } from "../../clock/served_time.ts";
import { HttpError } from "./http_error.ts";

/** Durations, which JSON may also give as a number of seconds. */
const DURATIONS: readonly string[] = ["offset", "noise", "step"];

/**
 * Changes a clock: by options, or by `{"step": "PT1H"}` alone, an immediate step.
 *
 * @throws {HttpError} If there is nothing to change
 * @throws {SyntaxError} If a key is unknown, or a value cannot be read; nothing has changed then
 * @throws {RangeError} If a value is out of bounds; nothing has changed then
 */
export function changeClock(clock: ClockControl, json: unknown): void {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new HttpError(400, `Expected an object such as {"offset": "+1h30m"}`);
  }
  const { step, ...options } = Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      DURATIONS.includes(key) && typeof value === "number" ? value.toFixed(9) : value,
    ]),
  );
  if (step === undefined) {
    if (Object.keys(options).length === 0) {
      const names = [...Object.keys(clockFields), "step"];
      throw new HttpError(400, `Nothing to change: expected ${names.join(", ")}`);
    }
    // Options of the library alone have no form in JSON.
    const unknown = ["leapSeconds", "leapSecondsExpire"].find((key) => key in options);
    if (unknown !== undefined) throw new HttpError(400, `Unknown clock option "${unknown}"`);
    clock.set(options as ClockOptions);
  } else {
    if (Object.keys(options).length > 0) {
      throw new HttpError(400, `"step" stands alone; "steps" are for later`);
    }
    clock.step(step as string);
  }
}
