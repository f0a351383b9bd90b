/** Parses a command line by its table of options. */
import { attempt, type Field } from "../../options/field.ts";
import { parseOption } from "../../options/read.ts";
import { parseEndpoint } from "../../protocols/endpoint.ts";
import { environmentVariable } from "../../system/permission.ts";
import { findNearest, formatChoices } from "../../text/suggest.ts";
import { type Arguments, type Command, optionsOf, type Source, variableOf } from "./command.ts";
import { asArgumentError, UsageError } from "./errors.ts";
import { quote } from "../../text/json.ts";

/** The values of a variable that leave a switch off; any other turns it on. */
const OFF: readonly string[] = ["0", "false", "no", "off"];

type Option = readonly [key: string, field: Field];

/**
 * Parses the arguments of a command, and environment variables, whose names begin with `prefix`, for the
 * options that are not among them. Throws a {@linkcode UsageError} for a mistake.
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
  prefix: string,
): Arguments {
  const options = optionsOf(command);
  const values: Record<string, unknown> = {};
  const sources = new Map<string, Source>();
  const set = ([key, field]: Option, label: string, text: string, source: Source): void => {
    const value = asArgumentError(() => parseOption(field, text, label));
    const before = sources.get(key) === source ? values[key] : undefined;
    values[key] = field.isRepeatable && before !== undefined
      ? [...before as readonly unknown[], ...value as readonly unknown[]]
      : value;
    sources.set(key, source);
  };
  const positionals = readArguments(
    command,
    options,
    args,
    (option, label, text) => set(option, label, text, "arguments"),
  );
  const given = new Map(sources);
  for (const option of options) {
    const [key, field] = option;
    // The command line takes precedence, also over an option that it excludes.
    if (given.has(key) || conflictOf(option, options, given) !== undefined) continue;
    const [variable, text] = variableWithText(prefix, field) ?? [];
    if (variable === undefined || text === undefined) continue;
    if (field.syntax !== undefined) set(option, variable, text, "environment");
    else if (!OFF.includes(text.toLowerCase())) set(option, variable, "", "environment");
  }
  checkConflicts(options, sources);
  checkPositionals(command, positionals);
  return { values: values as Arguments["values"], positionals, sources };
}

/** The variable of an option, or of another name that it has, with its text unless that is empty. */
function variableWithText(
  prefix: string,
  field: Field,
): [variable: string, text: string] | undefined {
  const { aliases = [], formerFlags = [] } = field;
  for (const flag of [`--${field.name}`, ...aliases, ...formerFlags]) {
    if (!flag.startsWith("--")) continue;
    const variable = variableOf(prefix, { name: flag.slice(2) });
    const text = environmentVariable(variable);
    if (text === undefined || text === "") continue;
    if (!formerFlags.includes(flag)) return [variable, text];
    throw new UsageError(`Unknown variable ${variable}: use ${variableOf(prefix, field)}`);
  }
  return undefined;
}

/** Passes on each option, and returns the other arguments. */
function readArguments(
  command: Command,
  options: readonly Option[],
  args: readonly string[],
  set: (option: Option, label: string, text: string) => void,
): string[] {
  const positionals: string[] = [];
  const rest = [...args];
  const valueOf = ([, field]: Option, label: string, attached: string | undefined): string => {
    if (field.syntax === undefined) {
      if (attached !== undefined) {
        throw new UsageError(`${label} accepts no value: remove ${quote(attached)}`);
      }
      return "";
    }
    if (field.syntax.startsWith("[")) {
      return attached ?? (/^\d+$/.test(rest[0] ?? "") ? rest.shift() as string : "");
    }
    const value = attached ?? rest.shift();
    if (value === undefined) throw new UsageError(`${label} needs a value: ${field.syntax}`);
    return value;
  };
  while (rest.length > 0) {
    const arg = rest.shift() as string;
    if (arg === "--") return [...positionals, ...rest];
    if (arg.startsWith("--")) {
      const [, label = arg, attached] = /^(--[^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
      const option = findOption(options, label);
      if (option === undefined) throw unknown(label, command, options);
      set(option, label, valueOf(option, label, attached));
    } else if (/^-[^-]/.test(arg) && !isNegative(arg, options)) {
      for (let letters = arg.slice(1); letters !== "";) {
        const [letter = ""] = letters;
        letters = letters.slice(letter.length);
        const option = findOption(options, `-${letter}`);
        if (option === undefined) throw unknown(`-${letter}`, command, options);
        const attached = option[1].syntax !== undefined && letters !== "" ? letters : undefined;
        if (attached !== undefined) letters = "";
        set(option, `--${option[1].name}`, valueOf(option, `-${letter}`, attached));
      }
    } else {
      positionals.push(arg);
    }
  }
  return positionals;
}

export function findOption(options: readonly Option[], label: string): Option | undefined {
  return options.find(([, { name, short, aliases }]) =>
    label === `--${name}` || short !== undefined && label === `-${short}` ||
    aliases?.includes(label)
  );
}

/** Whether an argument is a negative number or duration: -4 is an option where a command has one of that letter. */
function isNegative(arg: string, options: readonly Option[]): boolean {
  return /^-[\d.]/.test(arg) && !options.some(([, { short }]) => short === arg[1]);
}

/** How other programs name the option for an address, which is an argument here. */
const ADDRESS_FLAGS: readonly string[] = [
  ...["--address", "--bind", "--host", "--hostname", "--listen", "--port", "--server"],
  ...["-H", "-p"],
];

/** The form of an address, if the arguments of a command are addresses. */
function formOf([first]: Command["positionals"]): string | undefined {
  return /\S*HOST[^\s,;)]*/.exec(first?.help ?? "")?.[0];
}

function unknown(
  label: string,
  { name, positionals }: Command,
  options: readonly Option[],
): UsageError {
  if (formOf(positionals) !== undefined && ADDRESS_FLAGS.includes(label)) {
    const [noun, example] = name === "timesrv"
      ? ["listener", "timesrv 127.0.0.1:8889"]
      : ["server", `${name === "timecli" ? name : `timecli ${name}`} time.example:123`];
    return new UsageError(`Unknown option ${label}: a ${noun} is an argument, as in ${example}`);
  }
  const renamed = options.find(([, { formerFlags }]) => formerFlags?.includes(label));
  if (renamed !== undefined) {
    return new UsageError(`Unknown option ${label}: use --${renamed[1].name}`);
  }
  const names = options.map(([, { name }]) => name);
  const near = label.startsWith("--") ? findNearest(label.slice(2), names) : [];
  const meant = near.length === 0
    ? ""
    : ` (did you mean ${formatChoices(near.map((name) => `--${name}`))}?)`;
  // Blanks and invisible characters show in quotes only.
  const shown = /^[\w-]+$/.test(label) ? label : quote(label);
  return new UsageError(`Unknown option ${shown}${meant}`);
}

/** The given option that excludes another one. */
function conflictOf(
  [, field]: Option,
  options: readonly Option[],
  given: ReadonlyMap<string, Source>,
): Option | undefined {
  return options.find(([key, other]) =>
    given.has(key) && other !== field &&
    (field.conflicts?.includes(other.name) || other.conflicts?.includes(field.name))
  );
}

function checkConflicts(options: readonly Option[], sources: ReadonlyMap<string, Source>): void {
  for (const option of options) {
    const [key, { name }] = option;
    const other = sources.has(key) ? conflictOf(option, options, sources) : undefined;
    if (other === undefined) continue;
    throw new UsageError(`--${name} cannot be used with --${other[1].name}`);
  }
}

function checkPositionals({ positionals: expected }: Command, given: readonly string[]): void {
  const port = given.findIndex((arg, i) => i > 0 && /^\d{1,5}$/.test(arg));
  const target = port > 0 && formOf(expected) !== undefined
    ? withPort(given[port - 1] as string, given[port] as string)
    : undefined;
  if (target !== undefined) {
    throw new UsageError(`A port follows its host after a colon: ${target}`);
  }
  const missing = expected[given.length];
  if (missing?.isRequired) throw new UsageError(`<${missing.name}> is missing (${missing.help})`);
  if (given.length <= expected.length || expected.at(-1)?.isRepeatable) return;
  throw new UsageError(`Unexpected argument ${quote(given[expected.length])}`);
}

/** The URL of a target that has no port yet, with this one. */
function withPort(target: string, port: string): string | undefined {
  return attempt(() => {
    const isIpv6 = target.includes(":") && parseEndpoint(target).hostname === target;
    const url = `${isIpv6 ? `[${target}]` : target}:${port}`;
    parseEndpoint(url);
    return url;
  });
}
