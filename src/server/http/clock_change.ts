/** A change of a clock, as JSON says it. */
import type { ClockOptions } from "../../clock/sources/timeline/options.ts";
import { parseDurationNs } from "../../text/duration.ts";
import { suggest } from "../../text/suggest.ts";
import type { ClockControl } from "../../clock/served_time.ts";
import { Refused } from "./http_error.ts";

/** How each value is read; it throws what was expected. */
const readers: Readonly<
  Record<Exclude<keyof ClockOptions, "leapSeconds">, (value: unknown) => unknown>
> = {
  time: text,
  offset: duration,
  rate: (value) => typeof value === "number" ? value : text(value),
  freeze: (value) => typeof value === "boolean" ? value : expected("true or false"),
  steps: (value) => Array.isArray(value) ? value.map(text) : expected("a list of texts"),
  leap: text,
  smear: text,
  noise: duration,
  seed: (value) => typeof value === "number" ? value : expected("a number"),
};

/**
 * Changes a clock: by options, or by `{"step": "PT1H"}` alone, a jump there and then.
 *
 * @throws {Refused} If a key or a value is none; nothing has changed then
 */
export function changeClock(clock: ClockControl, json: unknown): void {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Refused(400, `Expected an object such as {"offset": "+1h30m"}`);
  }
  const names = [...Object.keys(readers), "step"];
  const entries = Object.entries(json);
  for (const [name] of entries) {
    if (!names.includes(name)) {
      throw new Refused(400, `Unknown key ${JSON.stringify(name)}: ${suggest(name, names)}`);
    }
  }
  if (entries.length === 0) {
    throw new Refused(400, `Nothing to change: expected ${names.join(", ")}`);
  }
  if ("step" in json) {
    if (entries.length > 1) throw new Refused(400, `"step" stands alone; "steps" are for later`);
    const by = read("step", duration, json.step);
    clock.step(by);
    return;
  }
  const options = entries.map(([name, value]) => [
    name,
    read(name, readers[name as keyof typeof readers], value),
  ]);
  clock.set(Object.fromEntries(options));
}

function read<T>(name: string, reader: (value: unknown) => T, value: unknown): T {
  try {
    return reader(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Refused(400, `Cannot take ${JSON.stringify(value)} for ${name}: ${error.message}`);
  }
}

function expected(what: string): never {
  throw new TypeError(`expected ${what}`);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : expected("a text");
}

/** As everywhere, or a number of seconds. */
function duration(value: unknown): string {
  if (typeof value !== "number" && typeof value !== "string") return expected("a text or seconds");
  const written = typeof value === "number" ? value.toFixed(9) : value;
  parseDurationNs(written);
  return written;
}
