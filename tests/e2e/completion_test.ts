import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { bothPrograms } from "../support/programs.ts";

/** What bash would offer, given a completion script and the words typed so far. */
const askBash = `
compopt() { :; }
source "$1"
shift
PATH=$1:$PATH
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=\${#COMP_LINE}
function=$(complete -p "$1" | sed -E 's/.*-F ([^ ]+).*/\\1/')
"$function" "$1" "\${@: -1}" "\${@: -2:1}"
printf '%s\\n' "\${COMPREPLY[@]}"
`;

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  for (
    const [name, program, typed, offered] of [
      ["timesrv", timesrv, "--log-f", "--log-format"],
      ["timecli", timecli, "--ti", "--timeout"],
    ] as const
  ) {
    const test = (
      title: string,
      commands: readonly string[],
      fn: () => Promise<void>,
    ): Promise<Deno.TestDefinition> =>
      where(
        {
          ...needs,
          commands,
          permissions: [...(needs.permissions ?? []), { name: "write" }],
        },
        `${name} (${kind}): ${title}`,
        fn,
      );

    Deno.test(
      await test("offers its options", [], async () => {
        const { code, stdout, stderr } = await run([...program, "complete", "--", typed]);
        assertEquals([code, stderr], [0, ""]);
        assertMatch(stdout, new RegExp(`^${offered}\t[^\n]+\n:\\d+\n$`));
        const all = await run([...program, "complete", "--", "--"]);
        const help = await run([...program, "--help"]);
        for (const [option] of help.stdout.matchAll(/(?<=^ +(?:-\w, )?)--[a-z0-9-]+/gm)) {
          assert(all.stdout.includes(`${option}\t`), option);
        }
        const words = await run([...program, "complete", "--", ""]);
        assert(!/^help\b/m.test(words.stdout), words.stdout);
      }),
    );

    for (const shell of ["bash", "zsh", "fish"]) {
      Deno.test(
        await test(`prints a script that ${shell} reads`, [shell], async () => {
          const { code, stdout, stderr } = await run([...program, "complete", shell]);
          assertEquals([code, stderr], [0, ""]);
          const file = await Deno.makeTempFile();
          try {
            await Deno.writeTextFile(file, stdout);
            assertEquals(await run([shell, "-n", file]), { code: 0, stdout: "", stderr: "" });
          } finally {
            await Deno.remove(file);
          }
        }),
      );
    }

    if (name === "timecli") {
      Deno.test(
        await test("offers its commands, and their options", [], async () => {
          const { stdout } = await run([...program, "complete", "--", ""]);
          const help = await run([...program, "--help"]);
          const [, section = ""] = /^Commands:\n((?: +.*\n)+)/m.exec(help.stdout) ?? [];
          const commands = [...section.matchAll(/^ {2}(\w+) {2}/gm)].map(([, word]) => word ?? "");
          assert(commands.includes("explain"), help.stdout);
          for (const command of commands) {
            assert(stdout.includes(`${command}\t`), command);
            const offered = await run([...program, "complete", "--", command, "--"]);
            const own = await run([...program, command, "--help"]);
            for (const [option] of own.stdout.matchAll(/(?<=^ +(?:-\w, )?)--[a-z0-9-]+/gm)) {
              assert(offered.stdout.includes(`${option}\t`), `${command} ${option}`);
            }
          }
        }),
      );
    }

    Deno.test(
      await test("is completed by bash", ["bash", "sed"], async () => {
        const folder = await Deno.makeTempDir();
        try {
          const { stdout } = await run([...program, "complete", "bash"]);
          await Deno.writeTextFile(`${folder}/script`, stdout);
          const words = program.map((word) => `'${word}'`).join(" ");
          await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\nexec ${words} "$@"\n`, {
            mode: 0o755,
          });
          const bash = ["bash", "-c", askBash, "bash", `${folder}/script`, folder] as const;
          assertEquals(await run([...bash, name, typed]), {
            code: 0,
            stdout: `${offered}\n`,
            stderr: "",
          });
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      }),
    );
  }

  Deno.test(
    await where(
      {
        ...needs,
        commands: ["bash"],
        permissions: [...(needs.permissions ?? []), { name: "write" }],
      },
      `completions (${kind}): both programs' scripts live together in bash, read twice too`,
      async () => {
        const file = await Deno.makeTempFile();
        try {
          const scripts = await Promise.all(
            [timesrv, timecli, timesrv].map((program) => run([...program, "complete", "bash"])),
          );
          await Deno.writeTextFile(file, scripts.map(({ stdout }) => stdout).join("\n"));
          assertEquals(await run(["bash", file]), { code: 0, stdout: "", stderr: "" });
        } finally {
          await Deno.remove(file);
        }
      },
    ),
  );
}
