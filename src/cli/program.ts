/** What the two programs' command lines have in common. */
import { Command, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import { type Command as PlainCommand, InvalidArgumentError } from "commander";
import config from "../../deno.json" with { type: "json" };
import { hasColour, painter } from "./style.ts";

/** A program of this project. */
export type ProgramName = "timesrv" | "timecli";

/**
 * A command that reports what is wrong
 * with its arguments in one line, and ends by throwing.
 */
export function createProgram(name: ProgramName, description: string): Command {
  const bold = painter(Deno.stdout, "1");
  return new Command(name)
    .description(description)
    .configureHelp({ styleTitle: bold })
    .configureOutput({
      writeOut: (text) => writeText(Deno.stdout, text),
      writeErr: (text) => writeText(Deno.stderr, text),
      outputError: (text, write) => write(`${name}: ${onOneLine(text)}\n`),
      getOutHelpWidth: terminalColumns,
      getErrHelpWidth: terminalColumns,
      // Commander would look the answer up in environment variables that it
      // may not be permitted to read; Deno has read NO_COLOR already.
      getOutHasColors: () => hasColour(Deno.stdout),
      getErrHasColors: () => hasColour(Deno.stderr),
    })
    .exitOverride();
}

/**
 * Parses arguments; what they leave open is taken from the environment, as
 * `TIMESRV_LOG_FORMAT` for `--log-format`, where permission to read it was granted.
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
  if (args[0] === "complete") {
    // The words offered are read off the program itself, all of them.
    const { default: addCompletions } = await import("@bomb.sh/tab/commander");
    addCompletions(program as unknown as PlainCommand);
  }
  for (const option of program.options) {
    const variable = environmentVariable(program.name(), option);
    if (variable !== undefined) option.env(variable);
  }
  program.parse(args, { from: "user" });
}

/** The variable that sets an option, if it is set and may be read. */
function environmentVariable(program: string, option: Option): string | undefined {
  if (option.long === "--version") return undefined;
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

/** Writes all of a text to a standard stream. */
export function writeText(
  stream: { writeSync(data: Uint8Array): number },
  text: string,
): void {
  let data = new TextEncoder().encode(text);
  while (data.length > 0) data = data.subarray(stream.writeSync(data));
}

/** `error: unknown option '--jsno'⏎(Did you mean --json?)` without its prefix and line ends. */
function onOneLine(text: string): string {
  return text.replace(/^error: /, "").trim().replace(/\s*\n\s*/g, " ");
}

const WIDEST_HELP = 100;

function terminalColumns(): number {
  try {
    return Math.min(Deno.consoleSize().columns, WIDEST_HELP);
  } catch {
    return 80; // not a terminal
  }
}
