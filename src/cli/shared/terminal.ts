/** The terminal on standard output: its width and its characters. */
import { environmentVariable } from "../../system/permission.ts";
import { escapeText, toAscii } from "../../text/printable.ts";
import { writeText } from "./output.ts";

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

/** Prints texts, each with its line end, as the terminal can show them; texts of servers are escaped. */
export function printTexts(texts: readonly string[]): void {
  const isAscii = Deno.stdout.isTerminal() && showsAsciiOnly();
  for (const text of texts) {
    const lines = text.split("\n").map(escapeText).join("\n");
    writeText(Deno.stdout, `${isAscii ? toAscii(lines) : lines}\n`);
  }
}

/** Whether the locale promises that the terminal shows more than ASCII. */
export function showsUnicode(): boolean {
  return UTF_8.test(locale() ?? "");
}

/** Whether the locale allows ASCII only; without a locale the terminal may be of any kind. */
function showsAsciiOnly(): boolean {
  const name = locale();
  return name !== undefined && !UTF_8.test(name);
}

const UTF_8 = /utf-?8/i;

function locale(): string | undefined {
  return ["LC_ALL", "LC_CTYPE", "LANG"].map(environmentVariable).find(Boolean);
}

/** Whether the terminal can move its cursor, by its name. */
export function canBeDrawnOn(): boolean {
  return !["dumb", "unknown", ""].includes(environmentVariable("TERM") ?? "");
}
