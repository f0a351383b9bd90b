/** Who may ask a server, and how often, as it is said on the command line. */
import { InvalidArgumentError } from "commander";
import { type AccessOptions, accessTable } from "../server/access.ts";
import { type RateLimit, rateTable } from "../server/rate_limit.ts";
import { UsageError } from "./program.ts";

/** Adds the networks of one option, given again or with commas, to those before it. */
export function parseNetworks(text: string, before: readonly string[] = []): readonly string[] {
  const networks = text.split(",").map((network) => network.trim());
  understood(() => accessTable({ allow: networks }));
  return [...before, ...networks];
}

/** Reads `off`, or a rate as `16/s`, also with what may come at once as `16/s,128`. */
export function parseRateLimit(text: string): RateLimit | "off" {
  if (text === "off") return text;
  const [, rate, burst] = /^(\d*\.?\d+)\/s(?:,(\d+))?$/.exec(text) ?? [];
  if (rate === undefined) {
    throw new InvalidArgumentError(
      'Expected "off", or requests a second and at once, such as 16/s or 16/s,128.',
    );
  }
  const limit = { perSecond: Number(rate), ...(burst !== undefined && { burst: Number(burst) }) };
  understood(() => rateTable(limit));
  return limit;
}

/** Whether a number says how many bits of an address count. */
export function isBits(most: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= 1 && value <= most;
}

/**
 * Reads rules for what is wrong with all of them together.
 *
 * @throws {UsageError} If they contradict each other
 */
export function checkAccess(access: AccessOptions): AccessOptions {
  try {
    accessTable(access);
    return access;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function understood(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}
