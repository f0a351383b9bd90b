/** What the two programs' command lines have in common. */
import { Command, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import { type Command as PlainCommand, InvalidArgumentError } from "commander";
import config from "../../deno.json" with { type: "json" };
import { parseEndpoint } from "../protocols/endpoint.ts";
import { onOneLine } from "./one_line.ts";
import { hasColour, painter } from "./style.ts";

/** Something is wrong with the command line that Commander cannot know. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A program of this project. */
export type ProgramName = "timesrv" | "timecli";

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
  const addOption = program.addOption;
  // Commander listens to a variable only if the option has it when it is added.
  program.addOption = ((option: Option) => {
    const variable = environmentVariable(name, option);
    if (variable !== undefined) option.env(variable);
    return addOption.call(program, option);
  }) as typeof addOption;
  return program;
}

/**
 * Parses arguments.
 *
 * @throws {CommanderError} If they are wrong, or help or the version was asked for; it has been printed
 */
export async function parseArguments(
  program: CommandUnknownOpts,
  args: readonly string[],
): Promise<void> {
  // Added last, so that help lists them last.
  program.optionsGroup("About the program:")
    .version(
      `${program.name()} ${config.version} (Deno ${Deno.version.deno})`,
      "-V, --version",
      "print its version and Deno's",
    )
    .helpOption("-h, --help", "print this help");
  if (args[0] === "complete") await addCompletions(program);
  program.parse(args, { from: "user" });
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
function environmentVariable(program: string, option: Option): string | undefined {
  const variable = `${program}_${option.name().replaceAll("-", "_")}`.toUpperCase();
  // Asked, never prompted for.
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const value = state === "granted" ? Deno.env.get(variable) : undefined;
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

/**
 * Reads URLs for their mistakes alone, before anything is started.
 *
 * @throws {UsageError} If one of them cannot be read
 */
export function checkUrls(urls: readonly string[]): void {
  for (const url of urls) {
    try {
      parseEndpoint(url);
    } catch (error) {
      throw error instanceof SyntaxError ? new UsageError(error.message) : error;
    }
  }
}

/** Writes all of a text to a standard stream. */
export function writeText(
  stream: { writeSync(data: Uint8Array): number },
  text: string,
): void {
  let data = new TextEncoder().encode(text);
  while (data.length > 0) data = data.subarray(stream.writeSync(data));
}

/** `error: unknown option '--jsno'⏎(Did you mean --json?)` without its prefix, on one line. */
export function problemOf(commanderText: string): string {
  return onOneLine(commanderText.replace(/^error: /, ""));
}

const WIDEST_HELP = 100;

function terminalColumns(): number {
  try {
    return Math.min(Deno.consoleSize().columns, WIDEST_HELP);
  } catch {
    return 80; // not a terminal
  }
}
