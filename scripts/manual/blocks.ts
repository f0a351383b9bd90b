/** The longer texts of commands as data: paragraphs, titles, terms and literal lines. */
import type { Node } from "./node.ts";

/** The nodes of lines that belong together. */
export function partNodes(lines: readonly string[]): Node[] {
  if (!isIndented(lines[0] ?? "")) return [{ kind: "paragraph", text: lines.join("\n") }];
  const list = termsOf(lines.map((line) => line.replace(/^ {1,2}/, "")));
  if (list) return list.map(([name, meaning]) => ({ kind: "term", name, meaning }));
  return [{ kind: "literal", lines: lines.map((line) => line.trim()) }];
}

function isIndented(line: string): boolean {
  return line.startsWith(" ");
}

/**
 * Lines of a name and its meaning, with more than one blank between them; a meaning may go on in
 * lines that are indented further. Undefined if they are not all of that kind.
 */
function termsOf(
  lines: readonly string[],
): (readonly [name: string, meaning: string])[] | undefined {
  const terms: [name: string, meaning: string][] = [];
  for (const line of lines) {
    const [, name, meaning = ""] = /^ {0,2}(\S+|\S+(?: \S+)*(?= {2}))(?: {2,}(.+))?$/.exec(line) ??
      [];
    const last = terms.at(-1);
    if (name !== undefined) terms.push([name, meaning]);
    else if (last && /^ {3,}/.test(line)) last[1] += ` ${line.trim()}`;
    else return undefined;
  }
  // The name of a program alone is an example, not a term.
  return terms.some(([, meaning]) => meaning !== "") ? terms : undefined;
}

/** A part of a text. */
export interface Block {
  /** What the rest is of; prose has none. */
  readonly title?: string;
  /** Lines that belong together: all of them indented, or none. */
  readonly parts: readonly (readonly string[])[];
}

/** The parts of a text: paragraphs, what stands under a title of its own, and sections under `###`. */
export function blocksOf(text: string): Block[] {
  const [first = "", ...sections] = text.split(/^### /m);
  return [...untitled(first), ...sections.map(sectionOf)];
}

function sectionOf(text: string): Block {
  const [heading = ""] = text.split("\n", 1);
  const parts = untitled(text.slice(heading.length)).flatMap(({ title, parts }) =>
    title === undefined ? parts : [[`${title}:`], ...parts]
  );
  return { title: heading, parts };
}

function untitled(text: string): Block[] {
  return text.replace(/^\n+/, "").trimEnd().split(/\n\n+/).filter((block) => block !== "").map(
    (block) => {
      const lines = block.split("\n");
      const isTitled = lines[0]?.endsWith(":") && isIndented(lines[1] ?? "");
      return {
        ...(isTitled && { title: lines.shift()?.slice(0, -1) ?? "" }),
        parts: partsOf(lines),
      };
    },
  );
}

function partsOf(lines: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (const line of lines) {
    const last = parts.at(-1);
    if (last && isIndented(last[0] ?? "") === isIndented(line)) last.push(line);
    else parts.push([line]);
  }
  return parts;
}
