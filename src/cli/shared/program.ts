/** Runs a program by its command line: a query, a subcommand, help, version or completions. */
import { escapeLine } from "../../text/printable.ts";
import { findNearest, formatChoices } from "../../text/suggest.ts";
import type { Arguments, Command, Program, Subcommand } from "./command.ts";
import { parseArguments } from "./parse_arguments.ts";
import { painter, writeText } from "./output.ts";
import { UsageError } from "./errors.ts";

/** Returns the exit code of a program, 0 without one; throws a {@linkcode UsageError} for a mistake. */
export async function runProgram(
  program: Program,
  given: readonly string[],
): Promise<number | void> {
  const { command, subcommands } = program;
  const args = withHelp(program, given);
  const [first, ...rest] = args;
  if (first === "complete" && rest[0] === "--") {
    const { printCompletions } = await import("./completions.ts");
    return await printCompletions(program, rest.slice(1));
  }
  const called = subcommands.find(({ name }) => name === first);
  if (called !== undefined) {
    const { command: subcommand } = await called.load();
    return await runCommand(subcommand, rest, `${command.name} ${called.name}`);
  }
  return await runCommand(command, args, command.name, program);
}

/** Runs one command; `program` is given if that is the program itself. */
async function runCommand(
  command: Command,
  args: readonly string[],
  call: string,
  program?: Program,
): Promise<number | void> {
  const { subcommands = [] } = program ?? {};
  // Anywhere before "--", help and version take precedence over mistakes.
  const flags = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  if (flags.includes("--help") || flags.includes("-h")) {
    const { helpText, outlineText } = await import("./help.ts");
    const format = flags.includes("--help") ? helpText : outlineText;
    const bold = painter(Deno.stdout, "1");
    const action = flags.find((flag) => Object.hasOwn(command.pages ?? {}, flag));
    const page = { ...command, ...action === undefined ? {} : command.pages?.[action] };
    const named = action === undefined ? call : `${call} ${action}`;
    return writeText(Deno.stdout, format(page, { call: named, subcommands, bold }));
  }
  if (flags.includes("--version") || flags.includes("-V")) {
    const { versionText } = await import("./help.ts");
    return writeText(Deno.stdout, versionText(call));
  }
  let parsed: Arguments;
  try {
    parsed = parseArguments(command, args, call);
    checkWord(parsed.positionals[0] ?? "", subcommands, call);
  } catch (error) {
    if (!(error instanceof UsageError) || command.fail === undefined) throw error;
    return command.fail(error.message);
  }
  return await command.run(parsed);
}

/** Refuses a host that is a subcommand in the wrong place, or a misspelt one. */
function checkWord(word: string, subcommands: readonly Subcommand[], call: string): void {
  const names = subcommands.map(({ name }) => name);
  if (names.includes(word)) {
    throw new UsageError(`${word} comes first: ${call} ${word} [options] ...`);
  }
  const known = subcommands.length > 0 ? [...names, "help"] : [];
  const near = /^[a-z]+$/.test(word) ? findNearest(word, known) : [];
  if (near.length === 0) return;
  throw new UsageError(
    `Unknown command ${word}: did you mean ${formatChoices(near)}? (a host: ntp://${word})`,
  );
}

/** Turns `help COMMAND` into `COMMAND --help`. */
function withHelp({ command, subcommands }: Program, args: readonly string[]): readonly string[] {
  const [first, name, ...others] = args;
  if (first !== "help") return args;
  if (name === undefined) return ["--help"];
  if (subcommands.length === 0) return args;
  if (others.length === 0 && subcommands.some((each) => each.name === name)) {
    return [name, "--help"];
  }
  throw new UsageError(
    `Unknown command ${escapeLine([name, ...others].join(" "))}: ` +
      `${command.name} help lists the commands`,
  );
}
