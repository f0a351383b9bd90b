import { writeText } from "./write_text.ts";

/** A line on standard error that tells how it goes, if that is a terminal. */
export class StatusLine implements Disposable {
  readonly #isShown = Deno.stderr.isTerminal();

  /** Writes it over what was there. */
  show(text: string): void {
    if (this.#isShown) writeText(Deno.stderr, `\r\x1b[K${text}`);
  }

  /** Takes it away. */
  clear(): void {
    this.show("");
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
