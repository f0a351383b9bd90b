/** What docs/testing.md shows works as it is written there. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { parseScenario, scenarios } from "../../src/server/mod.ts";
import { query } from "../../mod.ts";
import { findingRules } from "../../src/server/record/rules.ts";
import { type Needs, where } from "../support/needs.ts";
import { type Outcome, run } from "../support/process.ts";
import { bothPrograms, root, source, startServer } from "../support/programs.ts";

const needs: Needs = {
  ...source.needs,
  permissions: [...source.needs.permissions ?? [], { name: "write" }],
};

/** The blocks of a language, in their order. */
async function examples(language: string): Promise<string[]> {
  const page = await Deno.readTextFile(`${root}docs/testing.md`);
  const blocks = page.matchAll(/^```(\w+)(?: ignore)?\n(.*?)^```$/gms);
  return [...blocks].filter(([, each]) => each === language).map(([, , text = ""]) => text);
}

interface Example {
  readonly name: string;
  readonly text: string;
}

/** Runs a command in a folder with files, and with `timesrv` on the path. */
async function runWith(
  files: readonly Example[],
  command: readonly [string, ...string[]],
): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    const [deno, verb, ...rest] = source.timesrv;
    // --record names a file of the test.
    const words = [deno, verb, "--allow-write", ...rest].map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(join(folder, "timesrv"), `#!/bin/sh\nexec ${words} "$@"\n`);
    await Deno.chmod(join(folder, "timesrv"), 0o755);
    for (const { name, text } of files) await Deno.writeTextFile(join(folder, name), text);
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}`, NO_COLOR: "1" };
    return await run(command, { cwd: folder, env });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function pythonFiles(): Promise<Example[]> {
  const [unittest = "", pytest = "", recorder = ""] = await examples("python");
  return [
    { name: "timesrv_for_tests.py", text: unittest },
    { name: "test_clock.py", text: pytest },
    { name: "test_client.py", text: recorder },
  ];
}

function assertPassed(outcome: Outcome): void {
  assertEquals(outcome.code, 0, outcome.stdout + outcome.stderr);
}

Deno.test(
  await where(needs, "docs/testing.md: the tests of Deno pass", async () => {
    const [text = ""] = await examples("ts");
    const config = ["--config", `${root}deno.json`, "--no-lock"];
    const outcome = await runWith(
      [{ name: "clock_test.ts", text }],
      [Deno.execPath(), "test", "--quiet", "--allow-net", "--no-check", ...config, "clock_test.ts"],
    );
    assertPassed(outcome);
    assertMatch(outcome.stdout, /2 passed/);
  }),
);

Deno.test(
  await where(
    { ...needs, commands: ["node"] },
    "docs/testing.md: the test of Node passes",
    async () => {
      // The first one is of the library: tests/e2e/npm_test.ts runs it.
      const [, text = ""] = await examples("js");
      const outcome = await runWith(
        [{ name: "clock.test.mjs", text }],
        ["node", "--test", "clock.test.mjs"],
      );
      assertPassed(outcome);
      assertMatch(outcome.stdout, /pass 1/);
    },
  ),
);

Deno.test(
  await where(
    { ...needs, commands: ["python3"] },
    "docs/testing.md: the tests of Python pass",
    async () => {
      const outcome = await runWith(
        await pythonFiles(),
        ["python3", "timesrv_for_tests.py"],
      );
      assertPassed(outcome);
      assertMatch(outcome.stderr, /Ran 1 test/);
    },
  ),
);

Deno.test(
  await where(
    { ...needs, pythonModules: ["pytest"] },
    "docs/testing.md: the tests of pytest pass",
    async () => {
      const command = ["python3", "-m", "pytest", "test_clock.py", "test_client.py"] as const;
      const outcome = await runWith(await pythonFiles(), command);
      assertPassed(outcome);
      assertMatch(outcome.stdout, /3 passed/);
    },
  ),
);

Deno.test(
  await where(
    { ...needs, commands: ["go"] },
    "docs/testing.md: the test of Go passes",
    async () => {
      const [text = ""] = await examples("go");
      const files = [{ name: "go.mod", text: "module example\n" }, { name: "clock_test.go", text }];
      assertPassed(await runWith(files, ["go", "test", "./..."]));
    },
  ),
);

Deno.test(
  await where(needs, "docs/testing.md: the example of a scenario is valid", async () => {
    const [, text = ""] = await examples("json");
    assertEquals(parseScenario(text, "mine.json").name, "late-and-wrong");
  }),
);

Deno.test(
  await where(needs, "docs/testing.md: the table lists each rule for clients", async () => {
    const page = await Deno.readTextFile(`${root}docs/testing.md`);
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (violation|advice) +\| [^|]+ \| (.*?) +\|$/gm)];
    assertEquals(
      rows.map(([, rule, level, source]) => ({ rule, level, source })),
      findingRules.map((each) => ({ ...each })) as unknown,
    );
  }),
);

Deno.test(
  await where(needs, "docs/testing.md: the table describes each scenario", async () => {
    const page = await Deno.readTextFile(`${root}docs/testing.md`);
    const rows = [...page.matchAll(/^\| `([\w-]+)` +\| (.*?) +\| (\w+ .*?) +\|$/gm)]
      .filter(([, name = ""]) => Object.hasOwn(scenarios, name))
      .map((
        [, name, description, verdicts = ""],
      ) => [name, description, ...verdicts.split(/ *\| */)]);
    assertEquals(
      rows,
      Object.values(scenarios).map(({ name, description, clients = {} }) => [
        name,
        description,
        ...Object.values(clients),
      ]),
    );
  }),
);

for (const { kind, needs, timesrv } of await bothPrograms()) {
  Deno.test(
    await where(
      { ...needs, permissions: [...needs.permissions ?? [], { name: "read" }, { name: "write" }] },
      `timesrv (${kind}): serves a scenario and leap seconds of files`,
      async () => {
        const folder = await Deno.makeTempDir();
        const [mine, list] = [join(folder, "mine.json"), join(folder, "leap-seconds.list")];
        await Deno.writeTextFile(mine, `{ "clock": { "time": "2016-12-31T12:00:00Z" } }`);
        await Deno.writeTextFile(list, "3644697600 36 # 1 Jul 2015\n3692217600 37 # 1 Jan 2017\n");
        const [deno, verb, ...rest] = timesrv;
        const command = kind === "source"
          ? [deno, verb ?? "", `--allow-read=${root}src,${folder}`, ...rest] as const
          : timesrv;
        try {
          const options = ["--scenario", mine, "--leap-file", list, "ntp://127.0.0.1:0"];
          const { server, port } = await startServer(command, options);
          await using _ = server;
          const reply = await query(`ntp://127.0.0.1:${port}`);
          assertEquals(reply.time.toString().slice(0, 10), "2016-12-31");
          assertEquals(reply.leap, "insert");
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    ),
  );

  Deno.test(
    await where(needs, `timesrv (${kind}): lists the scenarios`, async () => {
      const outcome = await run([...timesrv, "--scenario", "list"]);
      assertEquals([outcome.code, outcome.stderr], [0, ""]);
      for (const name of Object.keys(scenarios)) {
        assertMatch(outcome.stdout, RegExp(`^${name} `, "m"));
      }
    }),
  );
}
