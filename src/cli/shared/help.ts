/** The help of a command, made from its record. */
import config from "../../../deno.json" with { type: "json" };
import type { Field } from "../../options/field.ts";
import { wrapText } from "../../text/printable.ts";
import type { Command, Subcommand } from "./command.ts";
import { terminalSize } from "./terminal.ts";

/** Lines do not get longer than this on a wider terminal. */
const MAX_WIDTH = 100;
const DEFAULT_WIDTH = 80;

export const aboutFields = {
  help: { name: "help", short: "h", help: "print this help; -h is shorter" },
  version: { name: "version", short: "V", help: "print the version, and Deno's" },
};

export interface HelpOptions {
  /** The words that call the command, such as `timecli bench`. */
  readonly call: string;
  readonly subcommands?: readonly Subcommand[];
  readonly width?: number;
  readonly bold?: (text: string) => string;
}

export function helpText(command: Command, options: HelpOptions): string {
  const { call, subcommands = [], width = helpWidth(), bold = (text) => text } = options;
  const sections: [title: string, rows: [string, string][]][] = [
    ["Arguments:", command.positionals.map(({ name, help }) => [name, help])],
    ...Object.entries(command.groups).map(([title, fields]): [string, [string, string][]] => [
      title,
      Object.values(fields).map((field) => [flagsOf(field), meaningOf(field)]),
    ]),
    ["Other:", Object.values(aboutFields).map((field) => [flagsOf(field), field.help])],
    ["Commands:", subcommands.map(({ name, summary }) => [name, summary])],
  ];
  const terms = sections.flatMap(([, rows]) => rows.map(([term]) => term.length));
  const column = Math.max(...terms) + 4;
  return [
    `${bold("Usage:")} ${usageOf(command, call, subcommands.length > 0)}`,
    reflow(command.description, width),
    ...sections.filter(([, rows]) => rows.length > 0).map(([title, rows]) =>
      [bold(title), ...rows.flatMap(([term, text]) => layOut(term, text, column, width))].join("\n")
    ),
    reflow(command.notes.trim(), width),
    reflow(
      [command.hint ?? "", command.hasManual === false ? "" : manualOf(call)].join(" ").trim(),
      width,
    ),
  ].filter((part) => part !== "").join("\n\n") + "\n";
}

/** Where the manual of a program is, for those who have nothing but the program. */
function manualOf(call: string): string {
  const [name] = call.split(" ");
  return `Manual: man ${name}, or docs/${name}.md in the source.`;
}

/** Help on one screen: commands, the names of options, and examples. */
export function outlineText(command: Command, options: HelpOptions): string {
  const { call, subcommands = [], width = helpWidth(), bold = (text) => text } = options;
  const groups = Object.entries(command.groups).map(([title, fields]): [string, string] => [
    title.replace(/( \(.*\)|, .*| in .*)?:$/, ""),
    Object.values(fields).map(({ name, short }) => short ? `-${short}/--${name}` : `--${name}`)
      .join(", "),
  ]);
  const rows = [...groups, ...subcommands.map(({ name }) => [name] as const)];
  const column = Math.max(...rows.map(([term]) => term.length)) + 4;
  const section = (title: string, rows: readonly (readonly [string, string])[]): string =>
    [bold(title), ...rows.flatMap(([term, text]) => layOut(term, text, column, width))].join("\n");
  const [examples = ""] = /^Examples:(?:\n .*){1,3}/m.exec(command.notes) ?? [];
  return [
    `${bold("Usage:")} ${usageOf(command, call, subcommands.length > 0)}`,
    reflow(command.description, width),
    ...(subcommands.length > 0
      ? [section("Commands:", subcommands.map(({ name, summary }) => [name, summary]))]
      : []),
    ...(groups.length > 0 ? [section("Options:", groups)] : []),
    examples.trimEnd(),
    `More: ${call} --help`,
  ].filter((part) => part !== "").join("\n\n") + "\n";
}

export const { version } = config;

export function versionText(name: string): string {
  return `${name} ${version} (Deno ${Deno.version.deno})\n`;
}

/** The usage line of a command, without its title. */
export function usageOf(
  { positionals }: Pick<Command, "positionals">,
  call: string,
  hasSubcommands = false,
): string {
  const names = positionals.map(({ name, isRequired, isRepeatable }) => {
    const several = isRepeatable ? `${name}...` : name;
    return isRequired ? `<${several}>` : `[${several}]`;
  });
  return [call, "[options]", ...(hasSubcommands ? ["[command]"] : []), ...names].join(" ");
}

/** The flags of an option as help has them: `-t, --timeout <seconds>`. */
export function flagsOf({ name, short, syntax }: Pick<Field, "name" | "short" | "syntax">): string {
  const long = syntax === undefined ? `--${name}` : `--${name} ${syntax}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

/** The help of an option, with its choices and its default. */
export function meaningOf(
  { help, default: usual, choices = [], aliases = [] }: Pick<
    Field,
    "help" | "default" | "choices" | "aliases"
  >,
): string {
  const isNamed = choices.every((choice) => help.includes(choice));
  const named = isNamed ? help : `${help}: ${choices.join(", ")}`;
  const text = aliases.length === 0 ? named : `${named}; also ${aliases.join(", ")}`;
  return usual === undefined ? text : `${text} (default: ${usual})`;
}

/** Fills paragraphs; a block with indented lines stays as it is. */
function reflow(text: string, width: number): string {
  return text.split("\n\n").map((block) =>
    /^ /m.test(block) ? block : wrapText(block.replaceAll("\n", " "), width).join("\n")
  ).join("\n\n");
}

function layOut(term: string, text: string, column: number, width: number): string[] {
  const lines = wrapText(text, Math.max(width - column, 20));
  return lines.map((line, i) => `  ${(i === 0 ? term : "").padEnd(column - 2)}${line}`.trimEnd());
}

function helpWidth(): number {
  try {
    return Math.min(terminalSize().columns, MAX_WIDTH);
  } catch {
    return DEFAULT_WIDTH; // not a terminal
  }
}
