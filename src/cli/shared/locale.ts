/** The characters that the locale allows. */
import { environmentVariable } from "../../system/permission.ts";
import { toAscii } from "../../text/printable.ts";

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
