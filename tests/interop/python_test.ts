import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Needs, where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, startServer } from "../support/programs.ts";

const asctimeReply = /^Reply from time server: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n$/;

function python(script: string, ...args: string[]): [string, ...string[]] {
  return ["python3", `${root}tests/interop/${script}`, ...args];
}

/** Starts the Python server and runs a command on its port. */
async function askPython(
  behaviour: string,
  command: (port: string) => [string, ...string[]],
): Promise<{ outcome: Awaited<ReturnType<typeof run>>; log: string }> {
  await using server = new Running(python("time_server.py", behaviour));
  const [, port = ""] = await server.waitFor(/port (\d+)\n/);
  const outcome = await run(command(port));
  await server.waitFor(/Time request from/);
  return { outcome, log: server.stderr };
}

const slowReader: Needs = { tooSlow: "a thousand requests at once fill the queue of the socket" };

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = (
    name: string,
    fn: () => Promise<void>,
    more: Needs = {},
  ): Promise<Deno.TestDefinition> =>
    where({ ...needs, ...more, commands: ["python3"] }, `python (${kind}): ${name}`, fn);

  for (const transport of ["datagram", "mmsg"]) {
    Deno.test(
      await test(`the classic client is answered by timesrv (${transport})`, async () => {
        const { server, port } = await startServer([...timesrv, "--transport", transport]);
        await using _ = server;
        for (let i = 0; i < 3; i++) {
          const { code, stdout, stderr } = await run(python("time_client.py", String(port)));
          assertEquals([code, stderr], [0, ""]);
          assertMatch(stdout, asctimeReply);
        }
      }),
    );

    Deno.test(
      await test(
        `a thousand clients at once are all answered by timesrv (${transport})`,
        async () => {
          const { server, port } = await startServer([...timesrv, "--transport", transport]);
          await using _ = server;
          const { code, stdout, stderr } = await run(python("many_clients.py", String(port)));
          assertEquals([code, stderr], [0, ""]);
          const [answered, good] = stdout.split(" ").map(Number);
          assertEquals([answered, good], [1000, 1000]);
          assertEquals((await server.stop()).code, 0);
        },
        transport === "datagram" ? slowReader : {},
      ),
    );

    Deno.test(
      await test(`garbage of every size but a time's is answered by timesrv (${transport})`, async () => {
        const { server, port } = await startServer([...timesrv, "--transport", transport]);
        await using _ = server;
        const { code, stdout, stderr } = await run(python("garbage.py", String(port)));
        assertEquals([code, stderr], [0, ""]);
        const [sent = "", times = "", ...wrong] = stdout.trim().split(" ");
        assert(Number(sent) > 700, stdout);
        assertEquals([times, ...wrong], ["4"]);
        assertEquals((await server.stop()).code, 0);
        assertMatch(
          server.stderr,
          new RegExp(`${sent} received, ${Number(sent) - 4} answered, 4 refused.*, 0 err`),
        );
      }),
    );
  }

  for (const behaviour of ["classic", "line-feed", "carriage-return", "zero", "twice"]) {
    Deno.test(
      await test(`timecli reads the answer of a ${behaviour} server`, async () => {
        const { outcome, log } = await askPython(behaviour, (port) => [
          ...timecli,
          `asctime://127.0.0.1:${port}`,
        ]);
        assertEquals([outcome.code, outcome.stderr], [0, ""]);
        assertMatch(outcome.stdout, asctimeReply);
        assertMatch(log, /^port \d+\nTime request from \('127\.0\.0\.1', \d+\) Time request\n$/);
      }),
    );
  }

  for (
    const [behaviour, code, message, timeout = "10"] of [
      ["garbage", 7, /is not a time: "\\x1b\[31mNot\\na time\\xff" \(16 octets\)\n$/],
      ["empty", 7, /is not a time: "" \(0 octets\)\n$/],
      ["other-port", 3, /No reply from 127\.0\.0\.1:\d+ within 0\.5 s\n$/, "0.5"],
      ["silent", 3, /No reply from 127\.0\.0\.1:\d+ within 0\.5 s\n$/, "0.5"],
    ] as const
  ) {
    Deno.test(
      await test(`timecli rejects a server's answer: ${behaviour}`, async () => {
        const { outcome } = await askPython(behaviour, (port) => [
          ...timecli,
          ...["--timeout", timeout, "--retries", "0"],
          `asctime://127.0.0.1:${port}`,
        ]);
        assertMatch(outcome.stderr, /^timecli: [\x20-\x7e]+\n$/);
        assertMatch(outcome.stderr, message);
        assertEquals([outcome.code, outcome.stdout], [code, ""]);
      }),
    );
  }
}
