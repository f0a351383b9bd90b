/** A clock that lies, as it is said on the command line. */
import { InvalidArgumentError } from "commander";
import { type ClockOptions, readClock } from "../../clock/sources/timeline/options.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { UsageError } from "../shared/usage_error.ts";

/** A parser for an option whose text is one of {@linkcode ClockOptions}. */
export function clockOptionParser(
  name: "time" | "offset" | "rate" | "leap" | "noise",
): (text: string) => string {
  return (text) => {
    understood(() => readClock({ [name]: text }));
    return text;
  };
}

/** Adds a step to those before it. */
export function parseStep(text: string, before: readonly string[] = []): readonly string[] {
  understood(() => readClock({ steps: [text] }));
  return [...before, text];
}

/** Has an option's text be read, and what is wrong with it said as of the option. */
export function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}

/**
 * Looks at all options of a clock together, before anything is started.
 *
 * @throws {UsageError} If they contradict each other
 */
export function checkClock(options: ClockOptions): ClockOptions {
  return checked(() => {
    planTimeline(options, Temporal.Now.instant().epochNanoseconds);
    return options;
  });
}

/**
 * Reads something that a user wrote.
 *
 * @throws {UsageError} If something is wrong with it
 */
export function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isMistake = error instanceof SyntaxError || error instanceof RangeError;
    throw isMistake ? new UsageError(error.message) : error;
  }
}
