import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, startServer, testsOf, totalsOf } from "../support/programs.ts";
import { askMany, freePort, UdpClient } from "../support/udp_client.ts";

const anyPort = "asctime://127.0.0.1:0";
const onTerminal = ["python3", `${root}tests/e2e/on_terminal.py`, "80"] as const;
const asctimeText = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;
const stamp = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

/** The requests in a text log: one per line, and summed up. */
function requestsIn(log: string): { told: number; summedUp: number } {
  const more = [...log.matchAll(/and ([\d,]+) more time requests?/g)];
  return {
    told: [...log.matchAll(/Time request from/g)].length,
    summedUp: more.reduce((sum, [, count = ""]) => sum + Number(count.replaceAll(",", "")), 0),
  };
}

function jsonLines(log: string): Record<string, unknown>[] {
  return log.trimEnd().split("\n").map((line) => JSON.parse(line));
}

for (const { kind, needs, timesrv } of await bothPrograms()) {
  const python = { ...needs, commands: ["python3"] };
  const shell = { ...needs, commands: ["sh"] };
  const test = testsOf("timesrv", { kind, needs });

  Deno.test(
    await test("logs its address and its clients, each line stamped and without colour", async () => {
      const { server, port } = await startServer(timesrv);
      await using _ = server;
      using client = new UdpClient();
      assertMatch(await client.askText(port), asctimeText);
      const { code } = await server.stop();
      assertEquals(code, 0);
      const [serving = "", transport = "", request = "", ...rest] = server.stderr.split("\n");
      assertMatch(serving, new RegExp(`^${stamp} Serving asctime on udp 127\\.0\\.0\\.1:${port}$`));
      assertMatch(transport, new RegExp(`^${stamp} Transport: (mmsg|datagram) \\(.+\\)$`));
      assertMatch(
        request,
        new RegExp(
          `^${stamp} Time request from 127\\.0\\.0\\.1:${client.address.port} \\(text\\)$`,
        ),
      );
      assertMatch(
        rest.join("\n"),
        new RegExp(
          `^${stamp} Stopped after \\d+\\.\\d s: 1 received, 1 answered, 0 refused, 0 errors\n$`,
        ),
      );
    }),
  );

  Deno.test(
    await test("is in colour on a terminal, unless NO_COLOR is set; Ctrl-C stops it", async () => {
      for (const NO_COLOR of ["", "1"]) {
        const { server, port } = await startServer([...onTerminal, ...timesrv], [anyPort], {
          env: { NO_COLOR },
        });
        await using _ = server;
        using client = new UdpClient();
        await client.askText(port);
        await server.waitFor(/Time request from/);
        const { code } = await server.stop();
        assertEquals(code, 0);
        assertEquals(server.stderr.includes("\x1b["), NO_COLOR === "", server.stderr);
        assertMatch(server.stderr, /1 received, 1 answered, 0 refused, 0 errors/);
      }
    }, python),
  );

  Deno.test(
    await test("logs JSON that a program can read", async () => {
      const { server, port } = await startServer(timesrv, ["--log-format", "json", anyPort]);
      await using _ = server;
      using client = new UdpClient();
      await client.askText(port, "three");
      await server.stop();
      const lines = jsonLines(server.stderr);
      for (const { time } of lines) {
        assertMatch(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      }
      const [listening, transport, request, stopped] = lines.map(({ time: _, ...fields }) =>
        fields
      );
      const url = `asctime://127.0.0.1:${port}`;
      assertEquals(listening, {
        event: "listening",
        url,
        protocol: "asctime",
        hostname: "127.0.0.1",
        port,
      });
      const from = `127.0.0.1:${client.address.port}`;
      assertEquals(request, { event: "request", from, url, octets: 5, protocol: "asctime" });
      assertEquals(transport?.event, "transport");
      assertEquals(lines.length, 4);
      assertEquals([stopped?.event, stopped?.received, stopped?.answered], ["stopped", 1, 1]);
      assertEquals(
        Object.values(stopped?.refused as Record<string, number>).every((n) => n === 0),
        true,
      );
    }),
  );

  Deno.test(
    await test("logs nothing with --quiet, and more with --verbose", async () => {
      const port = freePort();
      const quiet = new Running([...timesrv, "--quiet", `asctime://127.0.0.1:${port}`]);
      {
        await using server = quiet;
        using client = new UdpClient();
        assertMatch(await client.askText(port), asctimeText);
        assertEquals((await server.stop()).code, 0);
        assertEquals(server.stderr, "");
      }
      const { server, port: verbosePort } = await startServer(timesrv, ["--verbose", anyPort]);
      await using _ = server;
      using client = new UdpClient();
      await client.askText(verbosePort, "three");
      await server.waitFor(new RegExp(`: 5 octets to asctime://127\\.0\\.0\\.1:${verbosePort}\n`));
    }),
  );

  for (const format of ["text", "json"]) {
    Deno.test(
      await test(`logs few requests of a flood and counts the rest (${format})`, async () => {
        const { server, port } = await startServer(timesrv, ["--log-format", format, anyPort]);
        await using _ = server;
        await askMany(port, 1000);
        assertEquals((await server.stop()).code, 0);
        const lines = format === "json" ? jsonLines(server.stderr) : [];
        const { told, summedUp } = format === "text" ? requestsIn(server.stderr) : {
          told: lines.filter(({ event }) => event === "request").length,
          summedUp: lines.filter(({ event }) => event === "more")
            .reduce((sum, { requests }) => sum + Number(requests), 0),
        };
        const { answered } = format === "text"
          ? totalsOf(server.stderr)
          : lines.at(-1) as { answered: number };
        assert(answered >= 1000, `${answered} answered`);
        assertEquals(told + summedUp, answered);
        const elapsed = format === "text"
          ? Number(/Stopped after ([\d.]+) s/.exec(server.stderr)?.[1])
          : Number(lines.at(-1)?.elapsed);
        assert(told <= 20 * (Math.ceil(elapsed) + 1), `${told} lines in ${elapsed} s`);
      }),
    );
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.test(
      await test(`ends on ${signal} under load, every counted answer delivered`, async () => {
        const { server, port } = await startServer(timesrv, ["asctime://127.0.0.1:0"]);
        await using _ = server;
        const { promise: busy, resolve } = Promise.withResolvers<void>();
        let replies = 0;
        const clients = Array.from({ length: 20 }, () => new UdpClient());
        const ended = clients.map((client) =>
          client.askUntilEnded(port, () => {
            if (++replies === 2000) resolve();
          })
        );
        await busy;
        const { code } = await server.stop(signal);
        await Promise.all(clients.map((client) => client.end()));
        await Promise.all(ended);
        for (const client of clients) client[Symbol.dispose]();
        assertEquals(code, 0);
        const totals = totalsOf(server.stderr);
        assertEquals(totals.received, totals.answered + totals.refused + totals.errors);
        assertEquals(totals.answered, replies);
        assertNotMatch(server.stderr, /\bat .*:\d+:\d+/);
      }),
    );
  }

  Deno.test(
    await test("answers and stops with standard error full and unread", async () => {
      const port = freePort();
      const wrapper = ["python3", `${root}tests/e2e/stderr_full.py`] as const;
      await using server = new Running([...wrapper, ...timesrv, `asctime://127.0.0.1:${port}`]);
      await askMany(port, 10_000);
      assertEquals((await server.stop()).code, 0);
    }, python),
  );

  for (
    const [what, redirection] of [
      ["standard error", "2>&-"],
      ["standard error, whose reader has gone,", "2> >(:)"],
      ["every standard stream", "<&- >&- 2>&-"],
    ] as const
  ) {
    Deno.test(
      await test(`serves with ${what} closed`, async () => {
        const port = freePort();
        const script = `exec "$@" ${redirection}`;
        await using server = new Running(
          ["bash", "-c", script, "sh", ...timesrv, `asctime://127.0.0.1:${port}`],
        );
        await askMany(port, 100);
        assertEquals((await server.stop()).code, 0);
      }, { ...needs, commands: ["bash"] }),
    );
  }

  Deno.test(
    await test("serves on IPv6", async () => {
      const { server, port } = await startServer(timesrv, ["asctime://[::1]:0"]);
      await using _ = server;
      using client = new UdpClient("::1");
      assertMatch(await client.askText(port), asctimeText);
      await server.waitFor(
        new RegExp(`Time request from \\[::1\\]:${client.address.port} \\(text\\)\n`),
      );
    }, { ...needs, ipv6: true }),
  );

  Deno.test(
    await test("serves on several listeners at once", async () => {
      const ports = [freePort(), freePort()];
      const urls = ports.map((port) => `asctime://127.0.0.1:${port}`);
      const { server } = await startServer(timesrv, urls);
      await using _ = server;
      for (const port of ports) {
        using client = new UdpClient();
        assertMatch(await client.askText(port), asctimeText);
      }
      assertEquals((await server.stop()).code, 0);
      assertEquals(totalsOf(server.stderr).answered >= 2, true);
    }),
  );

  Deno.test(
    await test("prints help and its version to standard output", async () => {
      const help = await run([...timesrv, "--help"]);
      assertEquals((await run([...timesrv, "help"])).stdout, help.stdout);
      assertEquals([help.code, help.stderr], [0, ""]);
      assertMatch(help.stdout, /^Usage: timesrv \[options\] \[command\] \[listeners\.\.\.\]\n/);
      for (const line of help.stdout.split("\n")) assert(line.length <= 80, line);
      for (const word of ["--utc", "--log-format", "Examples:", "Exit codes:", "TIMESRV_"]) {
        assert(help.stdout.includes(word), word);
      }
      const version = await run([...timesrv, "--version"]);
      assertEquals([version.code, version.stderr], [0, ""]);
      assertMatch(version.stdout, /^timesrv \d+\.\d+\.\d+ \(Deno \d+\.\d+\.\d+\)\n$/);
      const piped = await run(["sh", "-c", '"$@" --help | :', "sh", ...timesrv]);
      assertEquals(piped.stderr, "");
    }, shell),
  );
}
