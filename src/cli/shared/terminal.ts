/** The terminal on standard output: its width and its characters. */
import { environmentVariable } from "../../system/permission.ts";
import { escapeText } from "../../text/printable.ts";
import { forLocale } from "./locale.ts";
import { paintTones, type StyledLine, writeText } from "./output.ts";

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

/** Whether the terminal can move its cursor, by its name. */
export function canBeDrawnOn(): boolean {
  const name = environmentVariable("TERM");
  // Windows has consoles without names, all of which can.
  if (name === undefined && Deno.build.os === "windows") return true;
  return !["dumb", "unknown", ""].includes(name ?? "");
}
