/** A program's reference as data, made of the records that its help is made of. */
import type { Command, Program } from "../../src/cli/shared/command.ts";
import { aboutFields, flagsOf, meaningOf, usageOf } from "../../src/cli/shared/help.ts";
import { blocksOf, partNodes } from "./blocks.ts";
import type { Node, Page } from "./node.ts";

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
