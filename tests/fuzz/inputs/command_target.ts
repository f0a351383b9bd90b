/** The command lines of both programs: whatever the arguments, they are accepted, or a mistake of one line. */
import type { Command, Program, Subcommand } from "../../../src/cli/shared/command.ts";
import { optionsOf } from "../../../src/cli/shared/command.ts";
import { checkUrls, exitCodeFor, formatError, UsageError } from "../../../src/cli/shared/errors.ts";
import { runProgram } from "../../../src/cli/shared/program.ts";
import { timecli } from "../../../src/cli/timecli/timecli.ts";
import {
  checkTransport,
  readControl,
  readGuard,
  readListeners,
} from "../../../src/cli/timesrv/checks.ts";
import { readServed } from "../../../src/cli/timesrv/served.ts";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import type { Random } from "../random.ts";
import { count, type Problem } from "../target.ts";
import { type InputTarget, judgeError } from "./input_target.ts";
import { parsers } from "./parsers.ts";
import { drawText, words } from "./texts.ts";

/** Between the arguments of an input. */
const SEPARATOR = "\x1f";

/** They print something and end. */
const PRINTED = /^(?:--help|--version|-[^-]*[hV].*|help|complete|list)$/;

/** Names of files are tried as they are, and none of these ends. */
const DEVICES = /^\/|^-$/;

const values: readonly string[] = [...words, ...parsers.flatMap(({ seeds }) => seeds)]
  .filter((value) => value.length < 200);

type Run = Command["run"];

export class CommandTarget implements InputTarget<string> {
  readonly name: string;
  readonly outcomes = new Map<string, number>();
  readonly #program: Program;
  /** Names of subcommands; the empty one is the program's own command. */
  readonly #commands = new Map<string, Command>();

  private constructor(program: Program) {
    this.name = `command-${program.command.name}`;
    this.#program = program;
  }

  /** Loads every subcommand; `run` is called in place of theirs. */
  static async load(program: Program, run: Run): Promise<CommandTarget> {
    const replace = (command: Command): Command => ({ ...command, run });
    const subcommands = await Promise.all(
      program.subcommands.map(async ({ name, summary, load }): Promise<Subcommand> => {
        const { command } = await load();
        const { fail: _fail, ...silent } = command;
        return { name, summary, load: () => Promise.resolve({ command: replace(silent) }) };
      }),
    );
    const target = new CommandTarget({ command: replace(program.command), subcommands });
    target.#commands.set("", program.command);
    for (const { name, load } of subcommands) target.#commands.set(name, (await load()).command);
    return target;
  }

  draw(random: Random): string {
    const [name, command] = random.pick([...this.#commands]);
    const options = optionsOf(command);
    const args = name === "" ? [] : [name];
    for (let left = options.length === 0 ? 0 : random.below(6); left > 0; left--) {
      const [, { name, short, syntax, choices = [] }] = random.pick(options);
      const flag = short !== undefined && random.below(2) === 0 ? `-${short}` : `--${name}`;
      const value = choices.length > 0 && random.below(2) === 0
        ? random.pick(choices)
        : drawText(random, values);
      switch (random.below(8)) {
        case 0:
          args.push(value);
          break;
        case 1:
          args.push(drawText(random, [flag, `${flag}=${value}`]));
          break;
        case 2:
          args.push(`${flag}=${value}`);
          break;
        case 3:
          args.push(`${flag}${value}`);
          break;
        default:
          args.push(flag, ...syntax === undefined ? [] : [value]);
      }
    }
    if (random.below(3) === 0) args.push("ntp://127.0.0.1:123");
    if (random.below(16) === 0) args.splice(random.below(args.length + 1), 0, "--");
    return args.join(SEPARATOR);
  }

  async judge(input: string): Promise<Problem | undefined> {
    const args = input === "" ? [] : input.split(SEPARATOR);
    if (args.some((arg) => PRINTED.test(arg) || DEVICES.test(arg.replace(/^-[^=]*=/, "")))) {
      count(this.outcomes, "left out");
      return undefined;
    }
    try {
      await runProgram(this.#program, args);
    } catch (error) {
      // Without the permission to read files, no name of a file is wrong.
      if (error instanceof Deno.errors.NotCapable) {
        count(this.outcomes, "left out");
        return undefined;
      }
      const code = exitCodeFor(error);
      count(this.outcomes, `exit code ${code}`);
      const problem = judgeError(error, [UsageError], input, formatError(error));
      if (problem !== undefined) return problem;
      return code === 2 ? undefined : { oracle: "ends with 2", detail: `${code}: ${error}` };
    }
    count(this.outcomes, "accepted");
    return undefined;
  }
}

/** The checks of `timesrv` that open nothing. */
const checkServer: Run = async ({ values, positionals }) => {
  const given = values as
    & Parameters<typeof readServed>[0]
    & Parameters<typeof readGuard>[0]
    & Parameters<typeof readControl>[0]
    & { readonly transport?: "auto"; readonly record?: string };
  const listeners = readListeners(positionals, undefined);
  const served = await readServed(given);
  const { transport = "auto" } = given;
  const hasFaults = [served, ...listeners].some(({ faults }) => faults !== undefined);
  const isRecorded = given.record !== undefined;
  checkTransport({ ...given, transport }, { hasFaults, isRecorded });
  readGuard(given);
  await readControl(given);
};

const checkClient: Run = ({ positionals }) => {
  checkUrls(positionals);
  return Promise.resolve();
};

export async function createCommandTargets(): Promise<CommandTarget[]> {
  return await Promise.all([
    CommandTarget.load(timesrv, checkServer),
    CommandTarget.load(timecli, checkClient),
  ]);
}
