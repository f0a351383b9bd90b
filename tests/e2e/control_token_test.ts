/** The token of the control interface, where nobody else sees it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, testsOf } from "../support/programs.ts";

const TOKEN = "0123456789abcdef";

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = testsOf("control token", { kind, needs });

  /** Grants a program from source what the executables have. */
  const permitted = (
    [program, ...rest]: readonly [string, ...string[]],
    files: string,
  ): [string, ...string[]] => {
    if (kind === "compiled") return [program, ...rest];
    const [verb = "", ...more] = rest;
    return [program, verb, `--allow-read=${root}src,${files}`, ...more];
  };

  Deno.test(
    await test("is read from a file by server and client, and shown nowhere", async () => {
      const folder = await Deno.makeTempDir();
      try {
        const file = `${folder}/control-token`;
        await Deno.writeTextFile(file, `${TOKEN}\n`, { mode: 0o400 });
        for (const by of ["option", "environment"]) {
          const isOption = by === "option";
          const server = new Running([
            ...permitted(timesrv, folder),
            "--control",
            "127.0.0.1:0",
            "ntp://127.0.0.1:0",
            ...isOption ? ["--control-token-file", file] : [],
          ], {
            stdout: "piped",
            env: isOption ? {} : { TIMESRV_CONTROL_TOKEN_FILE: file },
          });
          await using _ = server;
          const [, url = ""] = await server.waitFor(/Control interface on (\S+)/);
          const state = [...permitted(timecli, folder), "control", "state", "--url", url] as const;
          const refused = await run(state);
          assertEquals([refused.code, refused.stdout], [1, ""]);
          assertMatch(refused.stderr, /refuses: The token is missing or wrong\n$/);
          const admitted = await (isOption
            ? run([...state, "--token-file", file])
            : run(state, { env: { TIMECLI_CONTROL_TOKEN_FILE: file } }));
          assertEquals([admitted.code, admitted.stderr], [0, ""]);
          await server.stop();
          assert(!(server.stderr + server.stdout + admitted.stdout).includes(TOKEN));
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }),
  );

  Deno.test(
    await test("that cannot be read from its file is an error of one line without its contents", async () => {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/short`, "secret\n", { mode: 0o600 });
        await Deno.writeTextFile(`${folder}/two`, `${TOKEN}\n${TOKEN}\n`, { mode: 0o600 });
        await Deno.writeTextFile(`${folder}/open`, TOKEN);
        await Deno.chmod(`${folder}/open`, 0o644);
        const server = [...permitted(timesrv, folder), "--control", "0.0.0.0:0"] as const;
        const client = [...permitted(timecli, folder), "control", "state"] as const;
        const wrong = /Cannot use the control token: expected 16 to 256 letters/;
        for (
          const [command, ...rest] of [
            [server, "--control-token-file", `${folder}/short`, wrong],
            [server, "--control-token-file", `${folder}/two`, wrong],
            [server, "--control-token-file", `${folder}/none`, /Cannot read the token .* no such/],
            [
              server,
              "--control-token-file",
              `${folder}/open`,
              /Others may use the token .* chmod o=/,
            ],
            [
              client,
              "--token-file",
              `${folder}/open`,
              /Others may use the token .*: run chmod o= on/,
            ],
            [client, "--token-file", `${folder}/short`, wrong],
            [client, "--token-file", `${folder}/none`, /Cannot read the token .* no such file/],
          ] as const
        ) {
          const [option, file, message] = rest;
          const { code, stdout, stderr } = await run([...command, option, file]);
          assertMatch(stderr, /^time(srv|cli): [^\n]+\n$/);
          assertMatch(stderr, message);
          assert(stderr.includes(file) && !stderr.includes("secret") && !stderr.includes(TOKEN));
          assertEquals([code, stdout], [2, ""]);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }),
  );

  Deno.test(
    await test("has one place, and needs permission from source only", async () => {
      const client = [...timecli, "control", "state"] as const;
      const server = [...timesrv, "--control", "127.0.0.1:0"] as const;
      for (
        const [command, code, message] of [
          [[...timesrv, "--control-token-file", "x"], 2, /--control-token-file needs --control/],
          [
            [...server, "--control-token", TOKEN, "--control-token-file", "x"],
            2,
            /--control-token cannot be used with --control-token-file/,
          ],
          [
            [...client, "--token", TOKEN, "--token-file", "x"],
            2,
            /--token cannot be used with --token-file/,
          ],
          [
            [...timesrv, "--control", "0.0.0.0:0"],
            2,
            /Other machines may reach --control 0\.0\.0\.0:0: it needs a --control-token-file/,
          ],
          ...kind === "compiled" ? [] : [
            [
              [...server, "--control-token-file", "/x"],
              1,
              /^timesrv: No permission to read \/x\. Run: deno run -P=timesrv --allow-read=src,\/x server\.ts/,
            ],
            [
              [...client, "--token-file", "/x"],
              1,
              /^timecli: No permission to read \/x\. Run: deno run -P=timecli --allow-read=\/x client\.ts/,
            ],
          ] as const,
        ] as const
      ) {
        const outcome = await run(command as unknown as [string]);
        assertMatch(outcome.stderr, message);
        assertEquals([outcome.code, outcome.stdout], [code, ""]);
      }
    }),
  );
}
