/** A program's reference as data, made of the definitions that its help is made of. */
import type { EventEmitter } from "node:events";
import { type Command, Help } from "commander";
import type { Definition } from "../../src/cli/shared/program.ts";
import type { Node, Page } from "./node.ts";

/** Makes the reference of a program, all of whose subcommands are defined. */
export function pageOf(definition: Definition): Page {
  const program = definition.program as unknown as Command;
  const description = program.description();
  const summary = (description.split(/[.:](?:\s|$)/)[0] ?? "").replaceAll("\n", " ");
  return {
    name: program.name(),
    summary: summary.charAt(0).toLowerCase() + summary.slice(1),
    nodes: [
      heading(1, "Synopsis"),
      { kind: "synopsis", calls: [program, ...program.commands].map(callOf) },
      heading(1, "Description"),
      paragraph(description),
      ...after(program, "prose"),
      ...argumentsOf(program),
      heading(1, "Options"),
      ...optionsOf(program, 2),
      ...(program.commands.length > 0 ? [heading(1, "Commands")] : []),
      ...program.commands.flatMap(commandNodes),
      ...after(program, "titled", 1),
    ],
  };
}

function heading(level: 1 | 2 | 3, text: string): Node {
  return { kind: "heading", level, text };
}

function paragraph(text: string): Node {
  return { kind: "paragraph", text };
}

function term(name: string, meaning: string): Node {
  return { kind: "term", name, meaning };
}

function callOf(command: Command): { name: string; usage: string } {
  const names = [command.name()];
  for (let parent = command.parent; parent; parent = parent.parent) names.unshift(parent.name());
  // The commands have a line each.
  return { name: names.join(" "), usage: command.usage().replace(" [command]", "") };
}

function argumentsOf(command: Command): Node[] {
  const help = new Help();
  return help.visibleArguments(command)
    .map((argument) => term(help.argumentTerm(argument), help.argumentDescription(argument)));
}

/** The options, in the groups that help has them in. */
function optionsOf(command: Command, level: 2 | 3): Node[] {
  const help = new Help();
  let group: string | undefined;
  return help.visibleOptions(command).flatMap((option) => {
    const name = option.helpGroupHeading ?? "Options:";
    const isNew = name !== group;
    group = name;
    return [
      ...(isNew ? [heading(level, name.replace(/:$/, ""))] : []),
      term(option.flags, help.optionDescription(option)),
    ];
  });
}

function commandNodes(command: Command): Node[] {
  return [
    heading(2, `${command.parent?.name()} ${command.name()}`),
    paragraph(command.description()),
    ...after(command, "prose"),
    ...argumentsOf(command),
    ...optionsOf(command, 3),
    ...after(command, "titled", 3),
  ];
}

/** What help says after the options: prose, or what stands under a title of its own. */
function after(command: Command, kind: "prose" | "titled", level: 1 | 3 = 1): Node[] {
  return blocksOf(command).flatMap(({ title, parts }) => {
    if ((title !== undefined) !== (kind === "titled")) return [];
    const nodes = parts.flatMap(partNodes);
    return title === undefined ? nodes : [heading(level, title), ...nodes];
  });
}

function partNodes(lines: readonly string[]): Node[] {
  if (!isIndented(lines[0] ?? "")) return [paragraph(lines.join("\n"))];
  const list = termsOf(lines.map((line) => line.replace(/^ {1,2}/, "")));
  if (list) return list.map(([name, meaning]) => term(name, meaning));
  return [{ kind: "literal", lines: lines.map((line) => line.trim()) }];
}

function isIndented(line: string): boolean {
  return line.startsWith(" ");
}

/**
 * Lines of a word and what it means, with more than one blank between them; a meaning may go on in
 * lines that are indented further. Undefined if they are not all of that kind.
 */
function termsOf(
  lines: readonly string[],
): (readonly [name: string, meaning: string])[] | undefined {
  const terms: [name: string, meaning: string][] = [];
  for (const line of lines) {
    const [, name, meaning = ""] = /^ {0,2}(\S+)(?: {2,}(.+))?$/.exec(line) ?? [];
    const last = terms.at(-1);
    if (name !== undefined) terms.push([name, meaning]);
    else if (last && /^ {4,}/.test(line)) last[1] += ` ${line.trim()}`;
    else return undefined;
  }
  // The name of a program alone is an example, not a term.
  return terms.some(([, meaning]) => meaning !== "") ? terms : undefined;
}

interface Block {
  /** What the rest is of; prose has none. */
  readonly title?: string;
  /** Lines that belong together: all of them indented, or none. */
  readonly parts: readonly (readonly string[])[];
}

function blocksOf(command: Command): Block[] {
  let text = "";
  // How Commander has those print who added something to its help; its types leave the emitter out.
  (command as Command & EventEmitter).emit("afterHelp", {
    error: false,
    command,
    write: (part: string) => text += part,
  });
  return text.trim().split(/\n\n+/).filter((block) => block !== "").map((block) => {
    const lines = block.split("\n");
    const isTitled = lines[0]?.endsWith(":") && isIndented(lines[1] ?? "");
    return {
      ...(isTitled && { title: lines.shift()?.slice(0, -1) ?? "" }),
      parts: partsOf(lines),
    };
  });
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
