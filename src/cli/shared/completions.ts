/** Shell completions, made from the records of commands. */
import completion, { type Command as CompletedCommand } from "@bomb.sh/tab";
import { type Command, optionsOf, type Program } from "./command.ts";
import { aboutFields } from "./help.ts";
import { UsageError } from "./usage_error.ts";
import { writeText } from "./output.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"];

/**
 * Prints the script for a shell (`complete bash`), or the completions of a command line
 * (`complete -- words`) for such a script.
 */
export async function complete(
  { command, subcommands }: Program,
  args: readonly string[],
): Promise<void> {
  // The script for bash declares constants, which the script of a second program, or reading ~/.bashrc
  // again, could not assign.
  // deno-lint-ignore no-console -- the package prints with it
  console.log = (text: string) =>
    writeText(Deno.stdout, `${text.replaceAll(/^readonly /gm, "")}\n`);
  addOptions(completion, command);
  for (const { name, summary, load } of subcommands) {
    addOptions(completion.command(name, summary), (await load()).command);
  }
  const [first = "", ...words] = args;
  if (first === "--") completion.parse(words);
  else if (args.length === 1 && SHELLS.includes(first)) {
    completion.setup(command.name, command.name, first);
  } else {
    const call = [command.name, "complete", ...args].join(" ");
    throw new UsageError(`Cannot read "${call}": expected a shell: bash, zsh or fish`);
  }
}

function addOptions(to: CompletedCommand, command: Command): void {
  for (const [, { name, short, syntax, help, choices = [] }] of optionsOf(command)) {
    if (syntax === undefined) to.option(name, help, short);
    else {
      const offer = (add: (value: string, description: string) => void): void =>
        choices.forEach((choice) => add(choice, ""));
      to.option(name, help, offer, short);
    }
  }
  for (const { name, short, help } of Object.values(aboutFields)) to.option(name, help, short);
  for (const { name, isRepeatable } of command.positionals) {
    to.argument(name, undefined, isRepeatable);
  }
}
