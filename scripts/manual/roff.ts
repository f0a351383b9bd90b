/** Manual pages, in the macros of man(7). */
import config from "../../deno.json" with { type: "json" };
import type { Node, Page } from "./page.ts";

const otherProgram: Readonly<Record<string, string>> = { timesrv: "timecli", timecli: "timesrv" };

/**
 * Writes a page.
 *
 * @param date When it was last changed, as YYYY-MM-DD
 */
export function roffPage({ name, summary, nodes }: Page, date: string): string {
  const lines = [
    ".\\\" Generated from the command line's definition by: deno task manual",
    `.TH ${name.toUpperCase()} 1 ${date} "timesrv ${config.version}" "User Commands"`,
    ...heading("SH", "NAME"),
    `${name} \\- ${escaped(summary)}`,
    ...nodes.flatMap((node, i) => linesOf(node, nodes[i - 1])),
    ...heading("SH", "SEE ALSO"),
    `.BR ${otherProgram[name] ?? name} (1)`,
    ...paragraph("The documents named docs/... are in the source of timesrv."),
  ];
  return `${lines.join("\n")}\n`;
}

function linesOf(node: Node, before: Node | undefined): string[] {
  switch (node.kind) {
    case "heading":
      return headingLines(node.level, node.text);
    case "synopsis":
      return node.calls.flatMap(({ name, usage }, i) => [
        ...(i > 0 ? [".br"] : []),
        `\\fB${escaped(name)}\\fR ${escaped(usage)}`,
      ]);
    case "paragraph":
      return paragraph(node.text, { isFirst: before?.kind === "heading" && before.level < 3 });
    case "literal":
      return literal(node.lines);
    case "term":
      return term(node.name, node.meaning);
  }
}

function headingLines(level: 1 | 2 | 3, text: string): string[] {
  if (level === 2) return heading("SS", text);
  if (level === 3) return [".PP", `\\fI${escaped(text)}\\fR`];
  // A title may have a remark, as in "Targets, each with its default port".
  const short = text.replace(/,.*/, "");
  // The usual name in manual pages.
  return heading("SH", (short === "Exit codes" ? "Exit status" : short).toUpperCase());
}

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
function paragraph(text: string, { isFirst = false } = {}): string[] {
  return [...(isFirst ? [] : [".PP"]), ...escaped(text).split("\n").map((line) => line.trim())];
}

/** What is left of 80 columns where both formatters have indented it. */
const LITERAL_WIDTH = 72;

/** Command lines, which stay as they are; one that is too long goes on in the next as shells have it. */
function literal(lines: readonly string[]): string[] {
  return [".nf", ...lines.flatMap(folded).map(escaped), ".fi"];
}

function folded(line: string): string[] {
  const at = line.length > LITERAL_WIDTH ? line.lastIndexOf(" --", LITERAL_WIDTH - 2) : -1;
  return at < 0 ? [line] : [`${line.slice(0, at)} \\`, ...folded(`    ${line.slice(at + 1)}`)];
}

/** A term and what it means. */
function term(name: string, meaning: string): string[] {
  return [".TP", `\\fB${escaped(name)}\\fR`, meaning === "" ? "\\&" : escaped(meaning)];
}

/** A heading of a section, or of a part of one. */
function heading(macro: "SH" | "SS", text: string): string[] {
  return [`.${macro} "${escaped(text)}"`];
}
