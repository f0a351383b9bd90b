import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { type Outcome, run, Running } from "../support/process.ts";
import { bothPrograms, root, testsOf } from "../support/programs.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted_server.ts";
import { until } from "../support/wait.ts";

const text = "Fri Apr  3 21:09:36 2020";

/** A server that sends the same replies to every request. */
function replying(replies: readonly Uint8Array[], hostname?: string): ScriptedServer {
  return scriptedServer(
    async (socket, from) => {
      for (const reply of replies) await socket.send(reply, from);
    },
    "asctime",
    hostname,
  );
}

const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

function assertAnswer(outcome: Outcome, stdout: string): void {
  assertEquals(outcome, { code: 0, stdout, stderr: "" });
}

for (const { kind, needs, timecli } of await bothPrograms()) {
  const test = testsOf("timecli", { kind, needs });

  Deno.test(
    await test("prints the reply, and sends the classic request", async () => {
      await using server = replying([encode(text)]);
      for (
        const target of [
          `asctime://127.0.0.1:${server.port}`,
          `ASCTIME://127.0.0.1:${server.port}/`,
          `asctime://127.1:${server.port}/`,
        ]
      ) {
        assertAnswer(await run([...timecli, target]), `Reply from time server: ${text}\n`);
      }
      assertEquals(server.requests.map(({ text }) => text), Array(3).fill("Time request"));
      assertAnswer(
        await run([...timecli, "-q", `asctime://127.0.0.1:${server.port}`]),
        `${text}\n`,
      );
    }),
  );

  Deno.test(
    await test("prints JSON with the documented keys", async () => {
      await using server = replying([encode(`${text}\r\n`)]);
      const before = Date.now();
      const { code, stdout, stderr } = await run([
        ...timecli,
        `asctime://127.0.0.1:${server.port}`,
        "--json",
      ]);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^[^\n]+\n$/);
      const { received, round_trip, ...rest } = JSON.parse(stdout);
      assertEquals(rest, {
        schema: 1,
        url: `asctime://127.0.0.1:${server.port}`,
        protocol: "asctime",
        address: "127.0.0.1",
        port: server.port,
        text,
        time: "2020-04-03T21:09:36",
      });
      assert(round_trip > 0 && round_trip < 3, String(round_trip));
      assert(Date.parse(received) >= before && Date.parse(received) <= Date.now(), received);
    }),
  );

  Deno.test(
    await test("queries an IPv6 address", async () => {
      await using server = replying([encode(text)], "::1");
      for (const target of [`asctime://[::1]:${server.port}`, `asctime://[0::1]:${server.port}/`]) {
        assertAnswer(await run([...timecli, target, "-q"]), `${text}\n`);
      }
      assertAnswer(
        await run([...timecli, "-6", "-q", `asctime://[0:0::1]:${server.port}`]),
        `${text}\n`,
      );
    }, { ...needs, ipv6: true }),
  );

  Deno.test(
    await test("queries the IPv4 address of a name with -4, and an IPv4-mapped address", async () => {
      await using server = replying([encode(text)]);
      assertAnswer(
        await run([...timecli, "-4", "-q", `asctime://localhost:${server.port}`]),
        `${text}\n`,
      );
      assertAnswer(
        await run([...timecli, "-q", `asctime://[::ffff:127.0.0.1]:${server.port}`]),
        `${text}\n`,
      );
    }),
  );

  Deno.test(
    await test("reads options from the environment, below the command line", async () => {
      await using server = replying([encode(text)]);
      const target = `asctime://127.0.0.1:${server.port}`;
      for (
        const [env, args, stdout] of [
          [{ TIMECLI_BARE: "1" }, [], `${text}\n`],
          [{ TIMECLI_BARE: "0" }, [], `Reply from time server: ${text}\n`],
          [{ TIMECLI_RETRIES: "nonsense" }, ["--retries", "0", "-q"], `${text}\n`],
        ] as const
      ) {
        assertAnswer(await run([...timecli, target, ...args], { env }), stdout);
      }
      const { code, stdout } = await run([...timecli, target], { env: { TIMECLI_JSON: "yes" } });
      assertEquals([code, JSON.parse(stdout).text], [0, text]);
      for (const [variable, value] of [["TIMEOUT", "soon"], ["TIMEOUT", "0"], ["RETRIES", "-1"]]) {
        const env = { [`TIMECLI_${variable}`]: value ?? "" };
        const { code, stdout, stderr } = await run([...timecli, target], { env });
        assertMatch(stderr, new RegExp(`^timecli: [^\n]*TIMECLI_${variable}[^\n]*\n$`));
        assertEquals([code, stdout], [2, ""]);
      }
    }),
  );

  Deno.test(
    await test("accepts the first of several replies, and sends one request", async () => {
      await using server = replying([
        encode(text),
        encode("Sat Apr  4 21:09:36 2020"),
        encode("junk"),
      ]);
      assertAnswer(
        await run([...timecli, "-q", `asctime://127.0.0.1:${server.port}`]),
        `${text}\n`,
      );
      assertEquals(server.requests.length, 1);
    }),
  );

  Deno.test(
    await test("retries as often as its option while no server answers", async () => {
      for (const [retries, times] of [[0, 1], [2, 3]] as const) {
        await using server = replying([]);
        const options = ["--timeout", "1", "--retries", String(retries)];
        const { code } = await run([...timecli, ...options, `asctime://127.0.0.1:${server.port}`]);
        assertEquals([code, server.requests.length], [3, times]);
      }
    }),
  );

  Deno.test(
    await test("needs neither standard input nor a reader of its output", async () => {
      await using server = replying([encode(text)]);
      for (
        const [script, expected] of [
          ['exec "$@" <&-', [0, `${text}\n`]],
          // The runtime opens /dev/null in place of a stream that is closed.
          ['exec "$@" >&-', [0, ""]],
          ['exec "$@" <&- >&- 2>&-', [0, ""]],
          // A pipe whose reader has ended.
          ['exec 3> >(:); wait $!; exec "$@" >&3 3>&-', [1, ""]],
        ] as const
      ) {
        const target = `asctime://127.0.0.1:${server.port}`;
        const outcome = await run(["bash", "-c", script, "sh", ...timecli, "-q", target]);
        assertEquals([outcome.code, outcome.stdout], expected, script);
        assertEquals(outcome.stderr, "");
      }
    }, { ...needs, commands: ["bash"] }),
  );

  Deno.test(
    await test("reports why it cannot write its output", async () => {
      await using server = replying([encode(text)]);
      const shell = ["sh", "-c", 'exec "$@" >/dev/full', "sh"] as const;
      const { code, stderr } = await run([
        ...shell,
        ...timecli,
        `asctime://127.0.0.1:${server.port}`,
      ]);
      assertMatch(stderr, /^timecli: [^\n]*No space left[^\n]*\n$/);
      assertEquals(code, 1);
    }, { ...needs, commands: ["sh"], files: [...(needs.files ?? []), "/dev/full"] }),
  );

  Deno.test(
    await test("ends on SIGINT while it waits", async () => {
      await using server = replying([]);
      await using client = new Running([
        ...timecli,
        "-t",
        "60",
        `asctime://127.0.0.1:${server.port}`,
      ]);
      await until(() => server.requests.length > 0, 20);
      const { code, signal } = await client.stop("SIGINT");
      assertEquals([signal, code, client.stderr], ["SIGINT", 130, ""]);
    }),
  );

  Deno.test(
    await test("prints help and its version to standard output", async () => {
      const help = await run([...timecli, "--help"]);
      assertEquals([help.code, help.stderr], [0, ""]);
      assertMatch(help.stdout, /^Usage: timecli \[options\]/);
      for (const line of help.stdout.split("\n")) assert(line.length <= 80, line);
      for (const word of ["--timeout", "--json", "Examples:", "Exit codes:", "TIMECLI_"]) {
        assert(help.stdout.includes(word), word);
      }
      const version = await run([...timecli, "-V"]);
      assertEquals([version.code, version.stderr], [0, ""]);
      assertMatch(version.stdout, /^timecli \d+\.\d+\.\d+ \(Deno \d+\.\d+\.\d+\)\n$/);
    }),
  );

  Deno.test(
    await test("fits its help to the terminal, in bold unless NO_COLOR is set", async () => {
      for (const [columns, NO_COLOR] of [[72, ""], [80, "1"], [200, ""]] as const) {
        const wrapper = ["python3", `${root}tests/e2e/on_terminal.py`, String(columns)] as const;
        const outcome = await run([...wrapper, ...timecli, "--help"], { env: { NO_COLOR } });
        assertEquals(outcome.code, 0);
        assertEquals(outcome.stderr.includes("\x1b[1m"), NO_COLOR === "");
        // deno-lint-ignore no-control-regex -- an escape sequence is what is looked for
        const plain = outcome.stderr.replace(/\x1b\[[\d;]*[A-Za-z]/g, "");
        const options = plain.split("\r\n").filter((line) => /^ +-/.test(line));
        assert(options.length >= 7);
        for (const line of options) assert(line.length <= columns, line);
        if (NO_COLOR === "1") assertEquals(outcome.stderr, plain);
      }
    }, { ...needs, commands: ["python3"] }),
  );

  Deno.test(
    await test("takes a terminal whose size was never set for one of 80 by 24", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      const env = { TERM: "xterm", LC_ALL: "C.UTF-8" };
      const start = (columns: string, args: readonly string[]): Running =>
        new Running(
          ["python3", `${root}tests/e2e/on_terminal.py`, columns, ...timecli, ...args],
          { env },
        );
      await using live = start("0", ["watch", "--interval", "0.05", url]);
      await live.waitFor(/ {2}SERVER +OFFSET +DELAY [^]* 0 % /);
      assertEquals((await live.stop()).code, 0);
      // All of the help, and of a table its columns: the values in it differ.
      for (const [args, part] of [[["--help"], /^[^]*$/], [[url, url], /.*SERVER.*/]] as const) {
        const [unset, usual] = [start("0", args), start("80", args)];
        await Promise.all([unset.ended(), usual.ended()]);
        assertMatch(usual.stderr, part);
        assertEquals(part.exec(unset.stderr)?.[0].trim(), part.exec(usual.stderr)?.[0].trim());
      }
    }, { ...needs, commands: ["python3"] }),
  );
}
