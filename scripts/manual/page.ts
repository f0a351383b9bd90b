/** A program's manual page, made of the definitions that its help is made of. */
import type { EventEmitter } from "node:events";
import { type Command, Help } from "commander";
import config from "../../deno.json" with { type: "json" };
import type { Definition } from "../../src/cli/shared/program.ts";
import { escaped, heading, literal, paragraph, term } from "./roff.ts";

/** Headings of the help that manual pages have had a name for since long. */
const usualNames: Readonly<Record<string, string>> = { "Exit codes": "Exit status" };

const otherProgram: Readonly<Record<string, string>> = { timesrv: "timecli", timecli: "timesrv" };

/**
 * Writes a page.
 *
 * @param definition The program, all of its subcommands defined
 * @param date When it was last changed, as YYYY-MM-DD
 */
export function manualPage(definition: Definition, date: string): string {
  const program = definition.program as unknown as Command;
  const name = program.name();
  const description = program.description();
  // The name's line is to be one line without a period.
  const summary = (description.split(/[.:](?:\s|$)/)[0] ?? "").replaceAll("\n", " ");
  const lines = [
    ".\\\" Made of the command line's definition by: deno task manual",
    `.TH ${name.toUpperCase()} 1 ${date} "timesrv ${config.version}" "User Commands"`,
    ...heading("SH", "NAME"),
    `${name} \\- ${escaped(summary.charAt(0).toLowerCase() + summary.slice(1))}`,
    ...heading("SH", "SYNOPSIS"),
    ...synopsis(program),
    ...program.commands.flatMap((command) => [".br", ...synopsis(command)]),
    ...heading("SH", "DESCRIPTION"),
    ...paragraph(description, { isFirst: true }),
    ...after(program, "prose"),
    ...argumentsOf(program),
    ...heading("SH", "OPTIONS"),
    ...optionsOf(program, "SS"),
    ...(program.commands.length > 0 ? heading("SH", "COMMANDS") : []),
    ...program.commands.flatMap((command) => commandLines(command)),
    ...after(program, "titled"),
    ...heading("SH", "SEE ALSO"),
    `.BR ${otherProgram[name] ?? name} (1)`,
  ];
  return `${lines.join("\n")}\n`;
}

function synopsis(command: Command): string[] {
  const names = [command.name()];
  for (let parent = command.parent; parent; parent = parent.parent) names.unshift(parent.name());
  // The commands have a line each.
  const usage = command.usage().replace(" [command]", "");
  return [`\\fB${escaped(names.join(" "))}\\fR ${escaped(usage)}`];
}

function argumentsOf(command: Command): string[] {
  const help = new Help();
  return help.visibleArguments(command)
    .flatMap((argument) => term(help.argumentTerm(argument), help.argumentDescription(argument)));
}

/** The options, in the groups that help has them in. */
function optionsOf(command: Command, macro: "SS" | "PP"): string[] {
  const help = new Help();
  let group: string | undefined;
  return help.visibleOptions(command).flatMap((option) => {
    const name = option.helpGroupHeading ?? "Options:";
    const isNew = name !== group;
    group = name;
    return [
      ...(isNew ? title(name.replace(/:$/, ""), macro) : []),
      ...term(option.flags, help.optionDescription(option)),
    ];
  });
}

function title(text: string, macro: "SS" | "PP"): string[] {
  return macro === "SS" ? heading("SS", text) : [".PP", `\\fI${escaped(text)}\\fR`];
}

function commandLines(command: Command): string[] {
  const name = `${command.parent?.name()} ${command.name()}`;
  return [
    ...heading("SS", name),
    ...paragraph(command.description(), { isFirst: true }),
    ...after(command, "prose"),
    ...argumentsOf(command),
    ...optionsOf(command, "PP"),
    ...after(command, "titled", "PP"),
  ];
}

/** What help says after the options: prose, or what stands under a title of its own. */
function after(command: Command, kind: "prose" | "titled", macro: "SH" | "PP" = "SH"): string[] {
  return blocksOf(command).flatMap(({ title: name, parts }) => {
    if ((name !== undefined) !== (kind === "titled")) return [];
    if (name === undefined) return parts.flatMap(partLines);
    // A title may have a remark, as in "Targets, each with its default port".
    const short = name.replace(/,.*/, "");
    const heads = macro === "SH"
      ? heading("SH", (usualNames[short] ?? short).toUpperCase())
      : [".PP", `\\fI${escaped(name)}\\fR`];
    return [...heads, ...parts.flatMap(partLines)];
  });
}

function partLines(lines: readonly string[]): string[] {
  if (!isIndented(lines[0] ?? "")) return paragraph(lines.join("\n"));
  const list = termsOf(lines.map((line) => line.replace(/^ {1,2}/, "")));
  if (list) return list.flatMap(([name, meaning]) => term(name, meaning));
  return literal(lines.map((line) => line.trim()));
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
