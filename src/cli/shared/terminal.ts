/** The terminal on standard output: its width, its characters, and as a screen that is redrawn. */
import { environmentVariable } from "../../system/permission.ts";
import { settleWithin, systemTimers } from "../../system/time.ts";
import { escapeText, toAscii } from "../../text/printable.ts";
import {
  forLocale,
  GRACE_MS,
  paintTones,
  type StyledLine,
  writeLater,
  writeText,
} from "./output.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The size of the terminal, if there is one. A terminal whose size was never set (`docker run -t`) reports 0. */
export function terminalSize(): TerminalSize {
  const { columns, rows } = Deno.consoleSize();
  return { columns: columns || 80, rows: rows || 24 };
}

/** The maximum width of a table: that of the terminal, unlimited elsewhere. */
export function tableWidth(): number {
  return Deno.stdout.isTerminal() ? terminalSize().columns : Infinity;
}

/** Prints texts, each with its line end, as the locale can show them; texts of servers are escaped. */
export function printTexts(texts: readonly string[]): void {
  for (const text of texts) {
    const lines = text.split("\n").map(escapeText).join("\n");
    writeText(Deno.stdout, `${forLocale(lines)}\n`);
  }
}

/** Prints lines like {@linkcode printTexts}, each in its tone if standard output gets colours. */
export function printLines(lines: readonly StyledLine[]): void {
  const paint = paintTones(Deno.stdout);
  for (const { text, tone } of lines) {
    const shown = forLocale(escapeText(text));
    writeText(Deno.stdout, `${tone && shown !== "" ? paint[tone](shown) : shown}\n`);
  }
}

/** Cuts a line of a screen to its columns, in ASCII if the terminal shows no more. */
export function fitLine(line: string, columns: number, isAscii: boolean): string {
  const text = isAscii ? toAscii(line) : line;
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}${isAscii ? ">" : "…"}`;
}

/** Whether the terminal can move its cursor, by its name. */
export function canBeDrawnOn(): boolean {
  const name = environmentVariable("TERM");
  // Windows has consoles without names, all of which can.
  if (name === undefined && Deno.build.os === "windows") return true;
  return !["dumb", "unknown", ""].includes(name ?? "");
}

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

export interface ScreenListener {
  /** Called for each key with its character, or the sequence that the terminal sends. */
  readonly onKey: (key: string) => void;
  readonly onResize: () => void;
}

/**
 * Uses the terminal as a screen until it is disposed of: the alternate screen, the cursor hidden, and keys
 * read one by one without an echo. Ctrl-C remains a signal.
 *
 * Nothing waits for the terminal, which may have been stopped (Ctrl-S) or be at the far end of a dead
 * connection: a picture that it has not taken yet is replaced by the next one.
 */
export class TerminalScreen implements AsyncDisposable {
  readonly #listener: ScreenListener;
  /** Whether keys are read: standard input is a terminal. */
  readonly hasKeys: boolean = Deno.stdin.isTerminal();
  #size: TerminalSize = { columns: 80, rows: 24 };
  #next: string | undefined;
  #writing: Promise<void> | undefined;

  constructor(listener: ScreenListener) {
    this.#listener = listener;
    if (this.hasKeys) {
      Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
      // A terminal that has been closed has no more keys.
      this.#readKeys().catch(ignore);
    }
    Deno.addSignalListener("SIGWINCH", listener.onResize);
    // Stopped by Ctrl-Z, it would leave the shell on the alternate screen.
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTSTP", ignore);
    this.#show(ENTER);
  }

  /** The size of the terminal, the last one if it has been closed. */
  get size(): TerminalSize {
    try {
      this.#size = terminalSize();
    } catch {
      // SIGHUP ends the program in its own time.
    }
    return this.#size;
  }

  /** Replaces the contents by lines, of which there must not be more than rows. */
  draw(lines: readonly string[]): void {
    // The last line has no end, which would scroll the screen.
    const text = lines.map((line) => `${line}${CLEAR_LINE}`).join("\r\n");
    this.#show(`${HOME}${text}${CLEAR_BELOW}`);
  }

  #show(text: string): void {
    // What enters the screen must not be replaced.
    this.#next = this.#next?.startsWith(ENTER) ? `${ENTER}${text}` : text;
    this.#writing ??= this.#write().finally(() => this.#writing = undefined);
  }

  async #write(): Promise<void> {
    while (this.#next !== undefined) {
      const text = this.#next;
      this.#next = undefined;
      // A terminal that has been closed sends SIGHUP too.
      await writeLater(text).catch(ignore);
    }
  }

  async #readKeys(): Promise<void> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(64);
    while (true) {
      const length = await Deno.stdin.read(buffer);
      if (length === null) return;
      const text = decoder.decode(buffer.subarray(0, length), { stream: true });
      // A special key comes at once, others may come together.
      for (const key of text.startsWith("\x1b") ? [text] : text) this.#listener.onKey(key);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Deno.removeSignalListener("SIGWINCH", this.#listener.onResize);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTSTP", ignore);
    this.#show(LEAVE);
    if (this.#writing) await settleWithin(systemTimers, GRACE_MS, this.#writing);
    try {
      if (this.hasKeys) Deno.stdin.setRaw(false);
    } catch {
      // The terminal has been closed.
    }
  }
}

function ignore(): void {}
