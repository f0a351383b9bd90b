/** Files that the command line names, and standard input and output by their names. */
import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { run } from "../support/process.ts";
import { bothPrograms, root, testsOf } from "../support/programs.ts";

for (const { kind, needs, timecli, timesrv } of await bothPrograms()) {
  const test = testsOf("files", { kind, needs });

  Deno.test(
    await test("standard input and output need no permission by any of their names", async () => {
      const explain = [...timecli, "explain", "--capture"] as const;
      const [dash, ...others] = await Promise.all(
        ["-", "/dev/stdin", "/dev/fd/0"].map((name) => run([...explain, name])),
      );
      assertMatch(dash?.stderr ?? "", /^timecli: Cannot read standard input: [^\n]+\n$/);
      for (const outcome of others) assertEquals(outcome, dash);
      await using server = await serve("ntp://127.0.0.1:0");
      const watch = [...timecli, "watch", "--count", "2", "--interval", "0.05"] as const;
      const url = server.addresses[0]?.url ?? "";
      const { code, stdout, stderr } = await run([...watch, "--plot", "/dev/stdout", url]);
      assertMatch(stdout, /^ntp:\S+ +2 +0 +[^]*\n<svg [^]+<\/svg>\n$/m);
      assertEquals([code, stderr], [0, ""]);
    }),
  );

  Deno.test(
    await test("a mistake in a file is reported with its name", async () => {
      const shell = ["sh", "-c", 'printf %s "$0" | "$@"'] as const;
      for (
        const [option, text, message] of [
          ["--scenario", '{"clok": 1}', /^timesrv: \/dev\/stdin: Unknown scenario option "clok"/],
          ["--scenario", '{"clock": {"rate": 1e400}}', /^timesrv: \/dev\/stdin: "rate" is 1e400,/],
          ["--leap-file", "soon", /^timesrv: \/dev\/stdin: [^\n]*leap/],
        ] as const
      ) {
        const outcome = await run([...shell, text, ...timesrv, option, "/dev/stdin"]);
        assertMatch(outcome.stderr, message);
        assertEquals(outcome.code, 2);
      }
    }, { ...needs, commands: ["sh"] }),
  );

  Deno.test(
    await test("a file in place of a server is explained", async () => {
      const outcome = await run([...timecli, "explain", "lan.pcapng"]);
      assertEquals(outcome, {
        code: 2,
        stdout: "",
        stderr: "timecli: lan.pcapng is a file, not a server: use --capture\n",
      });
      // Where it may be looked at, by any name.
      const permitted = kind === "compiled" ? timecli : [
        ...[Deno.execPath(), "run", "--quiet", "-A", "--config", `${root}deno.json`] as const,
        `${root}client.ts`,
      ] as const;
      const [found, unknown] = await Promise.all(
        ["deno.json", "deno.jsom"].map((name) =>
          run([...permitted, "explain", "-t", "0.1", name], { cwd: root })
        ),
      );
      assertEquals([found?.code, found?.stderr], [
        2,
        "timecli: deno.json is a file, not a server: use --capture\n",
      ]);
      assertMatch(unknown?.stderr ?? "", /^timecli: (?!.*--capture)/);
    }),
  );
}
