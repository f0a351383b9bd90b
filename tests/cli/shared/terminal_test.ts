import { assertEquals, assertMatch } from "@std/assert";
import { showsUnicode } from "../../../src/cli/shared/locale.ts";
import { canBeDrawnOn, terminalSize } from "../../../src/cli/shared/terminal.ts";
import { runTimecli } from "../../support/command_line.ts";
import { replacing } from "../../support/replacing.ts";
import { checkSessions, simulatedServers } from "../../support/simulated_servers.ts";

Deno.test("terminalSize takes a size that was never set for 80 by 24", () => {
  const { consoleSize } = Deno;
  try {
    for (
      const [columns, rows, expected] of [
        [0, 0, { columns: 80, rows: 24 }],
        [132, 0, { columns: 132, rows: 24 }],
        [0, 50, { columns: 80, rows: 50 }],
        [40, 10, { columns: 40, rows: 10 }],
      ] as const
    ) {
      Deno.consoleSize = () => ({ columns, rows });
      assertEquals(terminalSize(), expected);
    }
  } finally {
    Deno.consoleSize = consoleSize;
  }
});

Deno.test("a console of Windows, which sets neither TERM nor a locale, is drawn on in Unicode", async () => {
  for (
    const [os, env, isDrawn, isUnicode] of [
      ["windows", {}, true, true],
      ["windows", { TERM: "dumb", LANG: "C" }, false, false],
      ["linux", {}, false, false],
      ["linux", { TERM: "xterm", LANG: "C.UTF-8" }, true, true],
    ] as const
  ) {
    const variables: Readonly<Record<string, string>> = env;
    await replacing([
      [Deno, { build: { ...Deno.build, os } }],
      [Deno.permissions, { querySync: () => ({ state: "granted" }) }],
      [Deno.env, { get: (name: string) => variables[name] }],
    ], async () => {
      assertEquals([await canBeDrawnOn(), showsUnicode()], [isDrawn, isUnicode], os);
    });
  }
});

Deno.test("text for people has the characters of the locale, on a terminal and in a file", async () => {
  const session = (sign: string) =>
    [
      "--count 1 time://192.0.2.6",
      0,
      `
Server   time://192.0.2.6:37
Replies  1 of 1 in 0 s
Offset   -1.000 ms ${sign} 1.011 s: within the error bound
Delay    2.000 ms to 2.000 ms
`,
    ] as const;
  const progress = "\r\x1b[K1 of 1 request\r\x1b[K";
  for (
    const [env, sign] of [
      [{}, "±"],
      [{ LANG: "en_GB.UTF-8" }, "±"],
      [{ LANG: "C" }, "+-"],
      [{ LANG: "en_GB.utf8", LC_CTYPE: "C" }, "+-"],
      [{ LANG: "C", LC_CTYPE: "de_DE.UTF8" }, "±"],
      [{ LC_ALL: "C", LC_CTYPE: "de_DE.UTF8" }, "+-"],
      [{ LC_ALL: "", LANG: "POSIX" }, "+-"],
    ] as const
  ) {
    await checkSessions([[...session(sign), progress]], { columns: 80, env });
    await checkSessions([session(sign)], { env });
  }
});

Deno.test("every command keeps to ASCII where the locale does", async () => {
  const commands = [
    ...["192.0.2.3", "--raw 192.0.2.2", "192.0.2.2 192.0.2.3", "-n 3 192.0.2.2", "192.0.2.7"],
    ...["compare 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.9", "check -v 192.0.2.2"],
    ...["explain 192.0.2.3", "wait --within 1s 192.0.2.2", "watch -n 2 192.0.2.2 192.0.2.3"],
    `${"x".repeat(2000)}.invalid`,
  ];
  for (const command of commands) {
    const run = (LC_ALL: string) =>
      runTimecli(command.split(" "), { network: simulatedServers(), env: { LC_ALL } });
    const { stdout, stderr } = await run("C");
    assertMatch(stdout + stderr, /^[\n -~]+$/);
    const unicode = await run("C.UTF-8");
    assertEquals(unicode.stdout.split("\n").length, stdout.split("\n").length, command);
  }
});
