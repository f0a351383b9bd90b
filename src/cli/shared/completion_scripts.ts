/** The scripts that complete a command line: each asks the program for the words (completions.ts). */

export type Shell = "bash" | "zsh" | "fish";

/** The script for each shell, by the name of the program. */
export const scripts: Readonly<Record<Shell, (name: string) => string>> = {
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
