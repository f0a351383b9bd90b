/** A listener as it is asked for: a URL, and the clock that is served there if that is one of its own. */
import type { ClockOptions } from "../clocks/clock_options.ts";
import { type Endpoint, parseEndpoint } from "../protocols/endpoint.ts";

/** What one URL asks for. */
export interface ListenerSpec {
  readonly endpoint: Endpoint;
  /** A clock for this listener alone; without it, it serves the server's. */
  readonly clock?: ClockOptions | undefined;
}

/** The parameters of a URL that make its clock, by the names that the command line has for them. */
const clockParameters = [
  "time",
  "offset",
  "rate",
  "freeze",
  "step",
  "leap",
  "smear",
  "clock-noise",
  "seed",
] as const;

type ClockParameter = (typeof clockParameters)[number];

/**
 * Reads a listener's URL, such as `ntp://127.0.0.1:1123?offset=+1h&rate=2x`.
 *
 * @throws {SyntaxError} If it cannot be read, or has a parameter that is unknown or given twice
 */
export function parseListener(url: string): ListenerSpec {
  const query = url.indexOf("?");
  if (query < 0) return { endpoint: parseEndpoint(url, "auto") };
  const given = parseParameters(url, url.slice(query + 1));
  return { endpoint: parseEndpoint(url.slice(0, query), "auto"), clock: clockOf(given) };
}

function parseParameters(url: string, text: string): Map<ClockParameter, string[]> {
  const given = new Map<ClockParameter, string[]>();
  for (const parameter of text.split("&").filter((each) => each !== "")) {
    const [name = "", value = ""] = parameter.split(/=(.*)/s).map(decode);
    const fail = (problem: string): never => {
      throw new SyntaxError(`Cannot read ${JSON.stringify(url)}: ${problem}`);
    };
    if (!isClockParameter(name)) {
      fail(`unknown parameter "${name}", expected ${clockParameters.join(", ")}`);
    }
    const known = name as ClockParameter;
    const before = given.get(known) ?? [];
    if (before.length > 0 && known !== "step") fail(`"${name}" is given twice`);
    given.set(known, [...before, value]);
  }
  return given;
}

/** Percent codes and nothing else: a plus is a plus. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isClockParameter(name: string): name is ClockParameter {
  return (clockParameters as readonly string[]).includes(name);
}

function clockOf(given: ReadonlyMap<ClockParameter, readonly string[]>): ClockOptions {
  const one = (name: ClockParameter): string | undefined => given.get(name)?.[0];
  const [time, offset, rate] = [one("time"), one("offset"), one("rate")];
  const [leap, smear, noise, seed] = [one("leap"), one("smear"), one("clock-noise"), one("seed")];
  const steps = given.get("step");
  return {
    ...(time !== undefined && { time }),
    ...(offset !== undefined && { offset }),
    ...(rate !== undefined && { rate }),
    ...(given.has("freeze") && { freeze: isOn(one("freeze")) }),
    ...(steps && { steps }),
    ...(leap !== undefined && { leap }),
    ...(smear !== undefined && { smear }),
    ...(noise !== undefined && { noise }),
    ...(seed !== undefined && { seed: seed.trim() === "" ? NaN : Number(seed) }),
  };
}

function isOn(value: string | undefined): boolean {
  return !["0", "false", "no", "off"].includes(value ?? "");
}
