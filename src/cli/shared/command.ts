/** A command as one record, from which its command line, help, manual page and reference are made. */
import type { Field, ValuesOf } from "../../options/field.ts";

/** Options by their names in the code of the command. */
export type FieldSet = Readonly<Record<string, Field>>;

/** Options by the titles of their groups in help. */
export type Groups = Readonly<Record<string, FieldSet>>;

type Intersection<Union> = (Union extends unknown ? (each: Union) => void : never) extends
  (each: infer All) => void ? All : never;

/** The values of all options of a command; one that is not given is undefined. */
export type Values<Set extends Groups> = Intersection<
  { [Title in keyof Set]: ValuesOf<Set[Title]> }[keyof Set]
>;

export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly isRequired?: boolean;
  readonly isRepeatable?: boolean;
  /** Values that shell completions offer, by the arguments before; `./` stands for files. */
  readonly offers?: readonly string[] | ((before: readonly string[]) => readonly string[]);
}

/** The origin of the value of an option. */
export type Source = "arguments" | "environment";

export interface Arguments<Set extends Groups = Groups> {
  readonly values: Values<Set>;
  readonly positionals: readonly string[];
  /** The origin of each value, by its name in the code. */
  readonly sources: ReadonlyMap<string, Source>;
}

/** The help of one action of a command: `timecli control set --help`. */
export type CommandPage = Pick<Command, "description" | "positionals" | "groups" | "notes">;

export interface Command<Set extends Groups = Groups> {
  readonly name: string;
  readonly description: string;
  readonly positionals: readonly Positional[];
  readonly groups: Set;
  /**
   * Text after the options: paragraphs with a blank line between, or a title that ends in a colon with
   * indented lines below it. The manual has more (scripts/manual/texts.txt).
   */
  readonly notes: string;
  /** The last paragraph of help, which is not in the manual: the exit codes. */
  readonly hint?: string;
  /** The help of each action, by the word on the command line, where a command has several. */
  readonly pages?: Readonly<Record<string, CommandPage>>;
  /**
   * Whether help ends with the place of its manual.
   *
   * @default {true}
   */
  readonly hasManual?: boolean;
  /** Returns the exit code; 0 without one. */
  run(given: Arguments<Set>): Promise<number | void>;
  /** Reports a mistake on the command line instead of the usual way, and returns the exit code. */
  readonly fail?: (message: string) => number;
}

/** A subcommand of a program, called by its name as the first argument. */
export interface Subcommand {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** A program: its command without a subcommand, and its subcommands. */
export interface Program {
  readonly command: Command;
  readonly subcommands: readonly Subcommand[];
}

/** Defines a command; the types of its values follow from its options. */
export function defineCommand<const Set extends Groups>(command: Command<Set>): Command {
  return command as unknown as Command;
}

/** All options of a command, with their names in the code. */
export function optionsOf({ groups }: Pick<Command, "groups">): (readonly [string, Field])[] {
  return Object.values(groups).flatMap((fields) => Object.entries(fields));
}

/** The environment variable of an option: `TIMECLI_BENCH_QPS` for `--qps` of `timecli bench`. */
export function variableOf(prefix: string, { name }: Pick<Field, "name">): string {
  return `${prefix}_${name}`.replaceAll(/[- ]/g, "_").toUpperCase();
}
