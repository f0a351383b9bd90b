import { writeText } from "./write_text.ts";
/** The whole of a terminal as a screen that is drawn again and again. */

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** What is there to draw on. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a user of the screen does. */
export interface ScreenListener {
  /** Is told each key: a character, or what the terminal sends for a special one. */
  readonly onKey: (key: string) => void;
  /** Is told that the size has changed. */
  readonly onResize: () => void;
}

/**
 * Takes the terminal until it is disposed of, which leaves it as it was: the alternate screen, the
 * cursor hidden, and keys that come one by one and are not shown. Ctrl-C still is a signal.
 */
export class Terminal implements Disposable {
  readonly #listener: ScreenListener;
  /** Whether keys are read: standard input is a terminal. */
  readonly hasKeys: boolean = Deno.stdin.isTerminal();

  constructor(listener: ScreenListener) {
    this.#listener = listener;
    if (this.hasKeys) {
      Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
      void this.#readKeys();
    }
    Deno.addSignalListener("SIGWINCH", listener.onResize);
    // Stopped by Ctrl-Z, it would leave the shell on the alternate screen.
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTSTP", ignore);
    writeText(Deno.stdout, ENTER);
  }

  /** How large it is now. */
  get size(): ScreenSize {
    return Deno.consoleSize();
  }

  /** Draws lines over what was there; there have to be no more than rows. */
  draw(lines: readonly string[]): void {
    // The last line has no end, which would scroll the screen.
    const text = lines.map((line) => `${line}${CLEAR_LINE}`).join("\r\n");
    writeText(Deno.stdout, `${HOME}${text}${CLEAR_BELOW}`);
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

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGWINCH", this.#listener.onResize);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTSTP", ignore);
    try {
      if (this.hasKeys) Deno.stdin.setRaw(false);
      writeText(Deno.stdout, LEAVE);
    } catch {
      // The terminal has been closed.
    }
  }
}

function ignore(): void {}

/** Whether a terminal shows what is beyond ASCII, as far as its locale tells. */
export function showsUnicode(): boolean {
  return UTF_8.test(locale() ?? "");
}

/** Whether its locale says that it shows no more; one that is not told may be of any kind. */
export function showsAsciiAlone(): boolean {
  const name = locale();
  return name !== undefined && !UTF_8.test(name);
}

const UTF_8 = /utf-?8/i;

function locale(): string | undefined {
  return ["LC_ALL", "LC_CTYPE", "LANG"].map(environment).find((value) => value !== "");
}

/** Whether a terminal can be drawn on anywhere, as far as its name tells. */
export function canBeDrawnOn(): boolean {
  return !["dumb", "unknown", ""].includes(environment("TERM"));
}

/** A variable's value, or nothing where there is none or it may not be read. */
function environment(variable: string): string {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) ?? "" : "";
}
