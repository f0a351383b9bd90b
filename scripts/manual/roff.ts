/** Text for manual pages, in the macros of man(7). */

/** A text as roff prints it, character by character. */
export function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    // As it is typed, not a hyphen that a formatter may take for a dash.
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replace(/[^\n -~]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
    })
    // At the beginning of a line it would be a request.
    .replace(/^\./gm, "\\&.");
}

/** A paragraph, which the formatter fills; the first one under a heading needs no macro. */
export function paragraph(text: string, { isFirst = false } = {}): string[] {
  return [...(isFirst ? [] : [".PP"]), ...escaped(text).split("\n").map((line) => line.trim())];
}

/** What is left of 80 columns where both formatters have indented it. */
const LITERAL_WIDTH = 72;

/** Command lines, which stay as they are; one that is too long goes on in the next as shells have it. */
export function literal(lines: readonly string[]): string[] {
  return [".nf", ...lines.flatMap(folded).map(escaped), ".fi"];
}

function folded(line: string): string[] {
  const at = line.length > LITERAL_WIDTH ? line.lastIndexOf(" --", LITERAL_WIDTH - 2) : -1;
  return at < 0 ? [line] : [`${line.slice(0, at)} \\`, ...folded(`    ${line.slice(at + 1)}`)];
}

/** A term and what it means. */
export function term(name: string, meaning: string): string[] {
  return [".TP", `\\fB${escaped(name)}\\fR`, meaning === "" ? "\\&" : escaped(meaning)];
}

/** A heading of a section, or of a part of one. */
export function heading(macro: "SH" | "SS", text: string): string[] {
  return [`.${macro} "${escaped(text)}"`];
}
