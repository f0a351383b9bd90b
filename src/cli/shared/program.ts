/** What the two programs' command lines have in common. */
import { Command, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import { type Command as PlainCommand, CommanderError, InvalidArgumentError } from "commander";
import config from "../../../deno.json" with { type: "json" };
import { parseDuration } from "../../text/duration.ts";
import { environmentVariable } from "../../system/environment.ts";
import { type ProgramName, SaidError } from "./exit_codes.ts";
import { escapeLine } from "../../text/printable.ts";
import { hasColour, painter } from "./style.ts";
import { UsageError } from "./usage_error.ts";
import { writeText } from "./write_text.ts";

/**
 * A command that reports what is wrong with its arguments in one line, and ends by throwing.
 */
export function createProgram(name: ProgramName, description: string): Command {
  const bold = painter(Deno.stdout, "1");
  const program = new Command(name)
    .description(description)
    .configureHelp({ styleTitle: bold })
    .configureOutput({
      writeOut: (text) => writeText(Deno.stdout, text),
      writeErr: (text) => writeText(Deno.stderr, text),
      outputError: (text, write) => write(`${name}: ${problemOf(text)}\n`),
      getOutHelpWidth: terminalColumns,
      getErrHelpWidth: terminalColumns,
      // Commander would look the answer up in environment variables that it
      // may not be permitted to read; Deno has read NO_COLOR already.
      getOutHasColors: () => hasColour(Deno.stdout),
      getErrHasColors: () => hasColour(Deno.stderr),
    })
    .exitOverride();
  listenToEnvironment(program, name);
  return program;
}

/** Has every option that is added from now on be set by an environment variable too. */
function listenToEnvironment(command: Command, prefix: string): void {
  const addOption = command.addOption;
  // Commander listens to a variable only if the option has it when it is added.
  command.addOption = ((option: Option) => {
    const variable = variableOf(prefix, option);
    if (variable !== undefined) option.env(variable);
    return addOption.call(command, option);
  }) as typeof addOption;
}

/** Another thing that a program does, called by its name as the first argument. */
export interface Subcommand {
  /** The word that calls it. */
  readonly name: string;
  /** What help says of it in a line. */
  readonly summary: string;
  /** Fetches its definition, which a program that does something else does without. */
  readonly load: () => Promise<SubcommandModule>;
}

/** The module of a subcommand: {@linkcode subcommand} makes one. */
export interface SubcommandModule {
  /** Gives the command its arguments and options, and returns what runs it once they are parsed. */
  readonly define: (command: Command) => () => Promise<number | void>;
}

/**
 * Defines a subcommand.
 *
 * @param define Gives a command its description, arguments and options
 * @param run Does what they say, and may return an exit code of its own
 */
export function subcommand<Defined extends CommandUnknownOpts>(
  define: (command: Command) => Defined,
  run: (command: Defined) => Promise<number | void>,
): SubcommandModule {
  return {
    define(command): () => Promise<number | void> {
      const defined = define(command);
      return () => run(defined);
    },
  };
}

/**
 * Parses arguments.
 *
 * @param program The program, all of its options given
 * @param args The arguments
 * @param subcommands What else it does
 * @returns What runs the subcommand that was called; undefined if the program itself was
 * @throws {SaidError} If they are wrong, or help or the version was asked for; it has been printed
 */
export async function parseArguments(
  program: CommandUnknownOpts,
  args: readonly string[],
  subcommands: readonly Subcommand[] = [],
): Promise<(() => Promise<number | void>) | undefined> {
  addAbout(program);
  const isCompleted = args[0] === "complete";
  const run = await addSubcommands(program, subcommands, args[0]);
  if (isCompleted) await addCompletions(program);
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has 1 for all mistakes; a command may have put its own instead.
    throw new SaidError(error.exitCode === 1 ? 2 : error.exitCode, { cause: error });
  }
  return isCompleted ? () => Promise.resolve() : run;
}

/** What a program is: its command, and what else it does. */
export interface Definition {
  /** The command, with all options of its own. */
  readonly program: CommandUnknownOpts;
  /** What else it does. */
  readonly subcommands: readonly Subcommand[];
}

/** Defines all of a program, every subcommand included, to be read rather than run. */
export async function defineWhole({ program, subcommands }: Definition): Promise<void> {
  addAbout(program);
  await addSubcommands(program, subcommands, "complete");
}

/** Added last, so that help lists them last. */
function addAbout(program: CommandUnknownOpts): void {
  program.optionsGroup("About the program:")
    .version(
      `${program.name()} ${config.version} (Deno ${Deno.version.deno})`,
      "-V, --version",
      "print its version and Deno's",
    )
    .helpOption("-h, --help", "print this help");
}

/** Adds all by name, but defines only the one that is called, or for completions each; returns what runs it. */
async function addSubcommands(
  program: CommandUnknownOpts,
  subcommands: readonly Subcommand[],
  called: string | undefined,
): Promise<(() => Promise<number | void>) | undefined> {
  if (subcommands.length === 0) return undefined;
  // With subcommands Commander takes a program without an action for one that needs them.
  program.enablePositionalOptions().helpCommand(false).action(() => {});
  let run: (() => Promise<number | void>) | undefined;
  for (const { name, summary, load } of subcommands) {
    const command = program.command(name).summary(summary) as Command;
    if (called === name || called === "complete") {
      listenToEnvironment(command, `${program.name()}_${name}`);
      const { define } = await load();
      const runThis = define(command);
      command.helpOption("-h, --help", "print this help").action(() => {});
      if (called === name) run = runThis;
    } else {
      command.allowUnknownOption().allowExcessArguments().helpOption(false).action(() => {
        throw new UsageError(`${name} comes first: ${program.name()} ${name} [options] ...`);
      });
    }
  }
  return run;
}

/** A subcommand that prints a shell's completions, read off the program's own definition. */
async function addCompletions(program: CommandUnknownOpts): Promise<void> {
  const { default: complete } = await import("@bomb.sh/tab/commander");
  complete(program.helpCommand(false) as unknown as PlainCommand);
  // The script for bash makes constants, which a second program's, or a second
  // reading of ~/.bashrc, would trip over.
  // deno-lint-ignore no-console -- what the package prints with
  console.log = (text: string) =>
    writeText(Deno.stdout, `${text.replaceAll(/^readonly /gm, "")}\n`);
}

/**
 * The variable that sets an option, as `TIMESRV_LOG_FORMAT` for `--log-format`, if it is set and
 * may be read.
 */
function variableOf(prefix: string, option: Option): string | undefined {
  const variable = `${prefix}_${option.name().replaceAll("-", "_")}`.toUpperCase();
  const value = environmentVariable(variable);
  if (value === undefined) return undefined;
  // To Commander a flag is on once its variable exists, even as "0".
  const isOff = option.isBoolean() && ["", "0", "false", "no", "off"].includes(value.toLowerCase());
  return isOff ? undefined : variable;
}

/**
 * A parser for an option's number.
 *
 * @param expected What is accepted, in words, for the message
 * @param accepts Whether a number is
 */
export function numberParser(
  expected: string,
  accepts: (value: number) => boolean,
): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    if (!accepts(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
}

/** A parser for an option's whole number. */
export function countParser(least: number, most: number): (text: string) => number {
  return numberParser(
    `a whole number, ${least} to ${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );
}

/** A parser for how long to wait for a reply. */
export const timeoutParser: (text: string) => number = numberParser(
  "seconds above 0, up to 86400",
  (value) => value > 0 && value <= 86_400,
);

/**
 * A parser for an option's duration, which gives milliseconds.
 *
 * @param least The shortest that is accepted, as a user would write it
 * @param most The longest
 */
export function durationParser(least: string, most: string): (text: string) => number {
  const milliseconds = (text: string): number => parseDuration(text).total("milliseconds");
  return (text) => {
    const expected = `Expected a duration from ${least} to ${most}, such as 90, 10s or 1h30m.`;
    try {
      const value = milliseconds(text);
      if (value >= milliseconds(least) && value <= milliseconds(most)) return value;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw new InvalidArgumentError(expected);
  };
}

/** `error: unknown option '--jsno'⏎(Did you mean --json?)` without its prefix, on one line. */
export function problemOf(commanderText: string): string {
  return escapeLine(commanderText.replace(/^error: /, ""));
}

const WIDEST_HELP = 100;

function terminalColumns(): number {
  try {
    return Math.min(Deno.consoleSize().columns, WIDEST_HELP);
  } catch {
    return 80; // not a terminal
  }
}
