/** A program's reference as data, made of the definitions that its help is made of. */
import type { EventEmitter } from "node:events";
import { type Command, Help } from "commander";
import type { Definition } from "../../src/cli/shared/program.ts";
import { blocksOf, partNodes } from "./blocks.ts";
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
  return blocksOf(notesOf(command)).flatMap(({ title, parts }) => {
    if ((title !== undefined) !== (kind === "titled")) return [];
    const nodes = parts.flatMap(partNodes);
    return title === undefined ? nodes : [heading(level, title), ...nodes];
  });
}

/** What was added to a command's help. */
function notesOf(command: Command): string {
  let text = "";
  // How Commander has those print who added something to its help; its types leave the emitter out.
  (command as Command & EventEmitter).emit("afterHelp", {
    error: false,
    command,
    write: (part: string) => text += part,
  });
  return text;
}
