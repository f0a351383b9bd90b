/** Text written to the standard streams, in the characters that the locale allows. */
import { environmentVariable } from "../../system/permission.ts";
import { formatJson } from "../../text/json.ts";
import { escapeLine, shorten, toAscii } from "../../text/printable.ts";
import { settleWithin, systemTimers, type Timers } from "../../system/time.ts";

interface Stream {
  isTerminal(): boolean;
}

/** Writes all of a text to a standard stream. */
export function writeText(stream: { writeSync(data: Uint8Array): number }, text: string): void {
  let data = new TextEncoder().encode(text);
  while (data.length > 0) data = data.subarray(stream.writeSync(data));
}

/** How long a reader may take for the rest once the program is to stop. */
export const GRACE_MS = 200;

/**
 * Writes all of a text to standard output, and returns whether that was possible before the signal aborted:
 * a reader that has stopped reading would keep the program from its signals.
 */
export async function writeUnlessStopped(
  text: string,
  signal: AbortSignal,
  timers: Timers = systemTimers,
): Promise<boolean> {
  const written = writeLater(text).then(() => true);
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => resolve(undefined);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([written, stopped]) ??
      await settleWithin(timers, GRACE_MS, written) ?? false;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Writes all of a text to standard output without a wait of the whole program. */
export async function writeLater(text: string): Promise<void> {
  let data = new TextEncoder().encode(text);
  while (data.length > 0) data = data.subarray(await Deno.stdout.write(data));
}

/** Writes a text to standard error, if that is possible. */
export function writeProblem(text: string): void {
  try {
    writeText(Deno.stderr, forLocale(text));
  } catch {
    // Standard error is closed; the exit code remains.
  }
}

export function printJson(objects: readonly unknown[]): void {
  writeText(Deno.stdout, objects.map((object) => `${formatJson(object)}\n`).join(""));
}

/** Prints problems and remarks of `timecli` on standard error, one per line; texts of servers are escaped. */
export function printProblems(problems: readonly string[]): void {
  for (const problem of problems) writeProblem(`timecli: ${escapeLine(problem)}\n`);
}

/** Whether a stream gets colours: a terminal, unless NO_COLOR is set. */
export function hasColour(stream: Stream): boolean {
  return !Deno.noColor && stream.isTerminal();
}

/** Returns a function that sets text in an ANSI style if the stream gets colours. */
export function painter(stream: Stream, code: string): (text: string) => string {
  return hasColour(stream) ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text;
}

/** The meaning of a line, shown by its colour. */
export type Tone = "good" | "odd" | "bad";

export interface StyledLine {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

const toneCodes = { bold: "1", good: "32", odd: "33", bad: "31" } as const;

/** Returns the styles of a stream: none unless it gets colours. */
export function paintTones(
  stream: Stream,
): Readonly<Record<keyof typeof toneCodes, (text: string) => string>> {
  const painters = Object.entries(toneCodes).map(([name, code]) => [name, painter(stream, code)]);
  return Object.fromEntries(painters);
}

/** Progress on one line of standard error, if that is a terminal. */
export class StatusLine implements Disposable {
  readonly #isShown = Deno.stderr.isTerminal();

  show(text: string): void {
    if (!this.#isShown) return;
    try {
      // A longer one would take two lines, of which only the last can be cleared.
      const line = shorten(escapeLine(text), (Deno.consoleSize().columns || 80) - 1);
      writeText(Deno.stderr, `\r\x1b[K${forLocale(line)}`);
    } catch {
      // The terminal has been closed.
    }
  }

  clear(): void {
    this.show("");
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

const UTF_8 = /utf-?8/i;

function locale(): string | undefined {
  return ["LC_ALL", "LC_CTYPE", "LANG"].map(environmentVariable).find(Boolean);
}

/** Whether the locale promises that the terminal shows more than ASCII. */
export function showsUnicode(): boolean {
  // Windows sets no locale, and its consoles show Unicode.
  return UTF_8.test(locale() ?? (Deno.build.os === "windows" ? "UTF-8" : ""));
}

/** A text for people as the locale can show it: in ASCII, unless it is one of UTF-8 or none is set. */
export function forLocale(text: string): string {
  const name = locale();
  return name === undefined || UTF_8.test(name) ? text : toAscii(text);
}
