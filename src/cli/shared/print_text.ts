/** How what is for people is written to standard output, a terminal or not. */
import { toAscii } from "../../text/printable.ts";
import { showsAsciiAlone } from "./terminal.ts";
import { writeText } from "./write_text.ts";

/** How wide a table may be: as wide as the terminal, and without one as wide as it likes. */
export function tableWidth(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
}

/** Writes lines as a terminal can show them; a file has them as they are. */
export function printText(text: string): void {
  const isAscii = Deno.stdout.isTerminal() && showsAsciiAlone();
  writeText(Deno.stdout, `${isAscii ? toAscii(text) : text}\n`);
}
