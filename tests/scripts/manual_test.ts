import { assert, assertEquals } from "@std/assert";
import { writeReferences } from "../../scripts/manual.ts";
import { markdownPage } from "../../scripts/manual/markdown.ts";
import { escaped } from "../../scripts/manual/roff.ts";
import { queryExitCodes } from "../../src/cli/shared/errors.ts";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

const files = ["man/timesrv.1", "man/timecli.1"];
const readable = { permissions: [{ name: "read" }, { name: "env" }] } as const;

Deno.test(
  await where(
    { permissions: [...readable.permissions, { name: "run" }] },
    "the references are what `deno task manual` writes",
    async () => {
      const references = await writeReferences("2000-01-01");
      for (const [path, text] of Object.entries(references)) {
        const written = await Deno.readTextFile(root + path);
        assertEquals(text, written, `${path} is out of date: deno task manual`);
      }
      assertEquals(Object.keys(references).length, 5);
    },
  ),
);

Deno.test(
  await where(readable, "the manual has the exit code of every failure", async () => {
    const text = await Deno.readTextFile(`${root}docs/timecli.md`);
    const [, table = ""] = /^## Exit codes\n((?:\n?\|.*)+)/m.exec(text) ?? [];
    const codes = [...table.matchAll(/`(\d+)`/g)].map(([, code]) => Number(code));
    assertEquals(codes, [0, 1, 2, ...Object.values(queryExitCodes)]);
  }),
);

Deno.test("markdownPage() writes prose, literals and tables", () => {
  const page = markdownPage({
    name: "timesrv",
    summary: "serves",
    nodes: [
      { kind: "heading", level: 2, text: "Clock" },
      { kind: "paragraph", text: "With --leap-file a_b is *read*, see docs/testing.md." },
      { kind: "term", name: "--deny-action drop|kod", meaning: "silence, or\na KoD" },
      { kind: "term", name: "-q", meaning: "quiet" },
    ],
  });
  assertEquals(page.split("\n\n").slice(2), [
    "### Clock",
    "With `--leap-file` `a_b` is \\*read\\*, see [testing.md](testing.md).",
    "| | |\n| --- | --- |\n| `--deny-action drop\\|kod` | silence, or a KoD |\n| `-q` | quiet |\n",
  ]);
});

Deno.test("escaped leaves nothing that roff reads as a command", () => {
  assertEquals(escaped("-a\n.b c\\d\n'e ±"), "\\-a\n\\&.b c\\ed\n\\(aqe \\[u00B1]");
});

for (
  const [checker, ...args] of [
    ["mandoc", "-Tlint", "-Wwarning"],
    ["groff", "-man", "-Tutf8", "-ww", "-z"],
  ] as const
) {
  const needs = { commands: [checker], permissions: readable.permissions };
  Deno.test(
    await where(needs, `the manual pages have nothing that ${checker} warns of`, async () => {
      const { code, stdout, stderr } = await run([
        checker,
        ...args,
        ...files.map((file) => root + file),
      ]);
      assertEquals([code, stdout, stderr], [0, "", ""]);
    }),
  );
}

Deno.test(
  await where(
    { commands: ["mandoc"], permissions: readable.permissions },
    "the manual pages have every option and command of the help, within 80 columns",
    async () => {
      for (
        const [program, script] of [["timesrv", "server.ts"], ["timecli", "client.ts"]] as const
      ) {
        const page = await run(["mandoc", "-Tutf8", "-Owidth=78", `${root}man/${program}.1`]);
        // deno-lint-ignore no-control-regex -- how it prints bold
        const text = page.stdout.replace(/.\x08/g, "");
        const calls = [
          [],
          ...[...text.matchAll(/^ {3}timecli (\w+)$/gm)].map(([, name]) => [name ?? ""]),
        ];
        for (const call of calls) {
          const help = await run([
            Deno.execPath(),
            "run",
            "-q",
            `${root}${script}`,
            ...call,
            "--help",
          ]);
          const words = help.stdout.match(/(?<=^ +(?:-\w, )?)--[a-z0-9-]+/gm) ?? [];
          assert(words.length > 5 || call[0] === "complete", help.stdout);
          for (const word of words) assert(text.includes(word), `${program}: ${word}`);
        }
        for (const line of text.split("\n")) assert(line.length <= 80, line);
        const sections: string[] = text.match(/^[A-Z][A-Z ]+$/gm) ?? [];
        const usual = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT"];
        for (const name of [...usual, "FILES", "EXAMPLES", "SEE ALSO"]) {
          assert(sections.includes(name), name);
        }
        assert(sections.includes("FAULTS") === (program === "timesrv"));
        assert(program !== "timecli" || calls.length > 2, text);
      }
    },
  ),
);
