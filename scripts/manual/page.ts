/**
 * A program's reference as data, made of the records that its help is made of: {@linkcode ./roff.ts} and
 * {@linkcode ./markdown.ts} write it.
 */
import type { Command, Program } from "../../src/cli/shared/command.ts";
import { aboutFields, flagsOf, meaningOf, usageOf } from "../../src/cli/shared/help.ts";

/** A part of a reference. */
export type Node =
  /** A heading: of a section (1), of a command or group in it (2), or of a group of a command (3). */
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string }
  /** The calls of a program, one per line: the words that stay, and the arguments. */
  | {
    readonly kind: "synopsis";
    readonly calls: readonly { readonly name: string; readonly usage: string }[];
  }
  | { readonly kind: "paragraph"; readonly text: string }
  /** Command lines and output, which stay as they are. */
  | { readonly kind: "literal"; readonly lines: readonly string[] }
  /** An option, argument or exit code, and its meaning. */
  | { readonly kind: "term"; readonly name: string; readonly meaning: string };

/** A reference of a program. */
export interface Page {
  readonly name: string;
  /** One line without a period. */
  readonly summary: string;
  readonly nodes: readonly Node[];
}

/**
 * Makes the reference of a program and its subcommands.
 *
 * @param texts What the reference has beyond help, by the words that call a command
 */
export async function programPage(
  { command, subcommands }: Program,
  texts: Readonly<Record<string, string>>,
): Promise<Page> {
  const { name, description } = command;
  const others = await Promise.all(
    subcommands.map(async (each) => ({
      call: `${name} ${each.name}`,
      command: (await each.load()).command,
    })),
  );
  const calls = [{ call: name, command }, ...others];
  const summary = (description.split(/[.:;](?:\s|$)/)[0] ?? "").replaceAll("\n", " ");
  return {
    name,
    summary: summary.charAt(0).toLowerCase() + summary.slice(1),
    nodes: [
      heading(1, "Synopsis"),
      {
        kind: "synopsis",
        calls: calls.map(({ call, command }) => ({
          name: call,
          usage: usageOf(command, "").trim(),
        })),
      },
      heading(1, "Description"),
      paragraph(description),
      ...textOf(command, texts[name], "prose", 1),
      ...positionalsOf(command),
      heading(1, "Options"),
      ...optionNodes(command, 2, true),
      ...(others.length > 0 ? [heading(1, "Commands")] : []),
      ...others.flatMap(({ call, command }) => [
        heading(2, call),
        paragraph(command.description),
        ...textOf(command, texts[call], "prose", 3),
        ...positionalsOf(command),
        ...optionNodes(command, 3, false),
        ...textOf(command, texts[call], "titled", 3),
      ]),
      ...textOf(command, texts[name], "titled", 1),
    ],
  };
}

function heading(level: 1 | 2 | 3, text: string): Node {
  return { kind: "heading", level, text };
}

function paragraph(text: string): Node {
  return { kind: "paragraph", text };
}

function positionalsOf({ positionals }: Command): Node[] {
  return positionals.map(({ name, help }) => ({ kind: "term", name, meaning: help }));
}

function optionNodes({ groups }: Command, level: 2 | 3, isProgram: boolean): Node[] {
  const about = isProgram ? [["Other:", Object.values(aboutFields)] as const] : [];
  return [...Object.entries(groups), ...about].flatMap(([title, fields]) => [
    heading(level, title.replace(/:$/, "")),
    ...Object.values(fields).map((field): Node => ({
      kind: "term",
      name: flagsOf(field),
      meaning: meaningOf(field),
    })),
  ]);
}

/** The longer texts: prose, or what stands under a title of its own. */
function textOf(
  { notes }: Command,
  text: string | undefined,
  kind: "prose" | "titled",
  level: 1 | 3,
): Node[] {
  return [...blocksOf(text ?? ""), ...blocksOf(notes)].flatMap(({ title, parts }) => {
    if ((title !== undefined) !== (kind === "titled")) return [];
    const nodes = parts.flatMap(partNodes);
    return title === undefined ? nodes : [heading(level, title), ...nodes];
  });
}

/** The nodes of lines that belong together. */
function partNodes(lines: readonly string[]): Node[] {
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
interface Block {
  /** What the rest is of; prose has none. */
  readonly title?: string;
  /** Lines that belong together: all of them indented, or none. */
  readonly parts: readonly (readonly string[])[];
}

/** The parts of a text: paragraphs, what stands under a title of its own, and sections under `###`. */
function blocksOf(text: string): Block[] {
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
