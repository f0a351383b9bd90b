/** Shell completions, made from the records of commands. */
import type { Field } from "../../options/field.ts";
import {
  type Command,
  defineCommand,
  optionsOf,
  type Positional,
  type Program,
  type Subcommand,
} from "./command.ts";
import { aboutFields } from "./help.ts";
import { writeText } from "./output.ts";
import { findOption } from "./parse_arguments.ts";
import { UsageError } from "./errors.ts";

/** What may stand in a place of a command line. */
interface Offer {
  readonly words: readonly (readonly [word: string, meaning: string])[];
  /** Whether the name of a file may stand there, too. */
  readonly takesFiles?: boolean;
}

/** What stands for the names of files among the values that an option offers. */
const FILES = "./";

const NOTHING: Offer = { words: [] };

/** The bits of the last line, as of the completions of cobra: no blank after a word, no names of files. */
const NO_SPACE = 2;
const NO_FILES = 4;

/** The command that prints the script of a shell. */
export function completeCommand({ command: { name } }: Program): Command {
  return defineCommand({
    name: "complete",
    description: "Prints the script that completes commands, options and values in a shell.",
    positionals: [{ name: "shell", help: shells.join(", "), isRequired: true, offers: shells }],
    groups: {},
    notes: `
Examples:
  source <(${name} complete bash)    in ~/.bashrc
  source <(${name} complete zsh)     in ~/.zshrc, after compinit
  ${name} complete fish | source     in ~/.config/fish/config.fish
`,
    hint: "Exit codes: 0 printed, 2 no such shell.",
    run({ positionals: [shell = ""] }): Promise<void> {
      if (!Object.hasOwn(scripts, shell)) {
        throw new UsageError(`Unknown shell ${shell}: expected bash, zsh or fish`);
      }
      writeText(Deno.stdout, scripts[shell as Shell](name));
      return Promise.resolve();
    },
  });
}

/**
 * Prints what may stand for the last word of a command line: a line per word, with its meaning after a tab,
 * and then a line of {@linkcode NO_SPACE} and {@linkcode NO_FILES}.
 */
export async function printCompletions(program: Program, words: readonly string[]): Promise<void> {
  const before = [...words];
  const last = before.pop() ?? "";
  const { words: offered, takesFiles = false } = await offerFor(program, before, last);
  const found = offered.filter(([word]) => word.startsWith(last));
  const isOpen = found.length > 0 && found.every(([word]) => /[=/:@]$/.test(word));
  const bits = (isOpen ? NO_SPACE : 0) + (takesFiles ? 0 : NO_FILES);
  const lines = found.map(([word, meaning]) => `${word}\t${meaning}\n`);
  writeText(Deno.stdout, `${lines.join("")}:${bits}\n`);
}

async function offerFor(
  { command: main, subcommands }: Program,
  before: readonly string[],
  last: string,
): Promise<Offer> {
  if (before[0] === "help" && subcommands.length > 0) {
    return before.length > 1 ? NOTHING : { words: subcommands.map(wordOf) };
  }
  const called = subcommands.find(({ name }) => name === before[0]);
  const command = called === undefined ? main : (await called.load()).command;
  const { option, positionals, isAfterDashes } = readWords(command, before.slice(called ? 1 : 0));
  if (option !== undefined) return valuesOf(option);
  if (last.startsWith("-") && !isAfterDashes) return offerOptions(command, last);
  const place = command.positionals[positionals.length] ?? command.positionals.at(-1);
  const isBeyond = positionals.length >= command.positionals.length && !place?.isRepeatable;
  const values = place === undefined || isBeyond ? NOTHING : argumentsOf(place, positionals);
  if (before.length > 0) return values;
  return { ...values, words: [...subcommands.map(wordOf), ...values.words] };
}

function wordOf({ name, summary }: Subcommand): readonly [word: string, meaning: string] {
  return [name, summary];
}

/** The option whose value the next word is, if it is one, and the arguments so far. */
function readWords(command: Command, words: readonly string[]): {
  readonly option?: Field | undefined;
  readonly positionals: readonly string[];
  readonly isAfterDashes: boolean;
} {
  const options = optionsOf(command);
  const positionals: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "--") {
      return { positionals: [...positionals, ...words.slice(i + 1)], isAfterDashes: true };
    }
    const option = findOption(options, word)?.[1];
    // A value in brackets may be left out.
    if (option?.syntax?.startsWith("<")) {
      if (i === words.length - 1) return { option, positionals, isAfterDashes: false };
      i++;
    } else if (!/^-./.test(word)) positionals.push(word);
  }
  return { positionals, isAfterDashes: false };
}

function offerOptions(command: Command, last: string): Offer {
  const [, label, start] = /^(--[^=]+=)(.*)$/.exec(last) ?? [];
  if (label !== undefined && start !== undefined) {
    const option = findOption(optionsOf(command), label.slice(0, -1))?.[1];
    const { words, takesFiles = false } = option?.syntax === undefined ? NOTHING : valuesOf(option);
    return { words: words.map(([word, meaning]) => [`${label}${word}`, meaning]), takesFiles };
  }
  const fields = [...optionsOf(command).map(([, field]) => field), ...Object.values(aboutFields)];
  return { words: fields.map(({ name, help }) => [`--${name}`, help]) };
}

function valuesOf({ choices = [], offers = [], syntax }: Field): Offer {
  return offerOf([...new Set([...choices, ...offers])], syntax === "<file>");
}

function argumentsOf({ offers = [] }: Positional, before: readonly string[]): Offer {
  return offerOf(typeof offers === "function" ? offers(before) : offers);
}

function offerOf(all: readonly string[], takesFiles = false): Offer {
  const words = all.filter((word) => word !== FILES).map((word) => [word, ""] as const);
  return { words, takesFiles: takesFiles || all.includes(FILES) };
}

type Shell = "bash" | "zsh" | "fish";

/** The script for each shell, by the name of the program: it asks the program for the words. */
const scripts: Readonly<Record<Shell, (name: string) => string>> = {
  // It runs in the bash 3.2 of macOS, without the package bash-completion.
  bash: (name) =>
    `# Completions of ${name} for bash
_${name}_complete() {
    local line=\${COMP_LINE:0:COMP_POINT} words word head= bits breaks
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=\${words[\${#words[@]} - 1]}
    # bash replaces what follows the last of these only.
    breaks=\${COMP_WORDBREAKS//[^:=]/}
    [[ -n $breaks ]] && head=\${word%"\${word##*[$breaks]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :* ]]; then bits=\${line#:}
        else COMPREPLY+=("\${line%%$'\\t'*}")
        fi
    done < <(${name} complete -- "\${words[@]:1}" 2>/dev/null)
    COMPREPLY=("\${COMPREPLY[@]#"$head"}")
    (((bits & 2) != 0)) && compopt -o nospace 2>/dev/null
    if (((bits & 4) == 0)); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${word#"$head"}")
    fi
}
complete -F _${name}_complete ${name}
`,
  zsh: (name) =>
    `#compdef ${name}
# Completions of ${name} for zsh
_${name}() {
    local line word meaning bits=4
    local -a values space
    for line in "\${(@f)$(${name} complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == :* ]]; then bits=\${line#:}
        else
            word=\${\${line%%$'\\t'*}//:/\\\\:} meaning=\${line#*$'\\t'}
            values+=("$word\${meaning:+:$meaning}")
        fi
    done
    (((bits & 2) != 0)) && space=(-S '')
    ((\${#values})) && _describe -t values '${name}' values "\${space[@]}"
    if (((bits & 4) == 0)); then
        compset -P '--[^=]#='
        _files
    fi
}
if [[ \${funcstack[1]} == _${name} ]]; then _${name}; else compdef _${name} ${name}; fi
`,
  fish: (name) =>
    `# Completions of ${name} for fish
function __${name}_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l lines (${name} complete -- $before[2..-1] "$word" 2>/dev/null)
    set -l bits (string sub -s 2 -- "$lines[-1]")
    test -n "$bits"; or return
    test (count $lines) -gt 1; and printf '%s\\n' $lines[1..-2]
    test $bits -ge 4; and return
    set -l label (string match -r -- '^--[^=]*=' "$word")
    for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$word"))
        echo "$label$path"
    end
end
complete -c ${name} -e
complete -c ${name} -f -a '(__${name}_complete)'
`,
};

const shells = Object.keys(scripts) as readonly Shell[];
