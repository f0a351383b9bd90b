const alike: Readonly<Record<string, string>> = { "µ": "u", "±": "+-", "→": "->", "…": "~" };

/** The same in ASCII, line breaks kept; what has no like there becomes a question mark. */
export function toAscii(text: string): string {
  return text.replace(/[^\n\x20-\x7e]/gu, (character) => alike[character] ?? "?");
}
