/** Ends a server by itself: after a time, or together with the process that started it. */
import { parseDurationNs } from "../../text/duration.ts";
import { duration, flag, type ValuesOf } from "../../options/field.ts";
import { systemTimers } from "../../system/time.ts";

export const lifeFields = {
  lifetime: duration("1ms", "7d", {
    name: "lifetime",
    syntax: "<duration>",
    help: "end by itself after this time: 60s, 10m",
  }),
  withParent: flag({
    name: "with-parent",
    help: "end with the parent process, or when a piped input closes",
  }),
};

/** A test suite that was killed frees its ports soon, and reading a number this often costs nothing. */
const PARENT_CHECK_MS = 200;

/** Calls `end` with a reason when the lifetime is over, counted from now. */
export function endAfter(
  lifetime: NonNullable<ValuesOf<typeof lifeFields>["lifetime"]>,
  end: (reason: string) => void,
): void {
  const ms = Number(parseDurationNs(lifetime)) / 1e6;
  systemTimers.timeout(ms).addEventListener("abort", () => end("its lifetime is over"));
}

export interface WatchedParent extends Disposable {
  /** Begins to end the server with its standard input, unless that is closed already. */
  watchInput(): void;
}

/**
 * Calls `end` with a reason when the parent process has ended, which another process then replaces as the
 * parent; or when standard input closes, if that is a pipe or a socket. An input that is closed from the start
 * is nobody's: test runners, and `docker run`, start programs with one.
 */
export function watchParent(end: (reason: string) => void): WatchedParent {
  const parent = Deno.ppid;
  const timer = systemTimers.every(PARENT_CHECK_MS, () => {
    if (Deno.ppid !== parent) end("its parent process has ended");
  });
  let isWatched = false;
  // An input that cannot be examined is none.
  readInput().then(() => {
    if (isWatched) end("its standard input was closed");
  }, () => {});
  return {
    watchInput: () => isWatched = true,
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}

/** Resolves when standard input, if it is a pipe or a socket, is closed. */
async function readInput(): Promise<void> {
  const { fstatSync } = await import("node:fs");
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return await new Promise(() => {});
  const buffer = new Uint8Array(256);
  while (await Deno.stdin.read(buffer).catch(() => null) !== null);
}
