import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { type Outcome, run } from "../support/process.ts";
import { bothPrograms, root, source, startServer, testsOf } from "../support/programs.ts";
import { UdpClient } from "../support/udp_client.ts";
import { timesrvErrors } from "../support/usage_errors.ts";

/** One line of standard error, starting with the program's name, and nothing else. */
function assertFailure(outcome: Outcome, code: number, message: RegExp): void {
  assertMatch(outcome.stderr, /^timesrv: [^\n]+\n$/);
  assertMatch(outcome.stderr, message);
  assertEquals([outcome.code, outcome.stdout], [code, ""], outcome.stderr);
}

for (const { kind, needs, timesrv } of await bothPrograms()) {
  const test = testsOf("timesrv", { kind, needs });

  Deno.test(
    await test("reports a mistake on its command line in one line", async () => {
      for (const [args, message] of timesrvErrors.slice(0, 2)) {
        assertFailure(await run([...timesrv, ...args]), 2, message);
      }
    }),
  );

  Deno.test(
    await test("names the address it cannot listen on", async () => {
      const { server, port } = await startServer(timesrv);
      await using _ = server;
      const taken = `asctime://127.0.0.1:${port}`;
      assertFailure(
        await run([...timesrv, taken]),
        1,
        new RegExp(`127\\.0\\.0\\.1:${port}: the port is already in use; .*choose another`),
      );
      // One that could be listened on is not announced when another cannot be.
      assertFailure(
        await run([...timesrv, "asctime://127.0.0.1:0", taken]),
        1,
        new RegExp(`127\\.0\\.0\\.1:${port}: the port is already in use`),
      );
      assertFailure(
        await run([...timesrv, "asctime://192.0.2.1:0"]),
        1,
        /udp 192\.0\.2\.1:0: not an address of this machine/,
      );
      assertFailure(
        await run([...timesrv, "asctime://nosuch.invalid:0"]),
        1,
        /nosuch\.invalid:0: unknown host/,
      );
      // The first server still works.
      using client = new UdpClient();
      assertEquals((await client.askText(port)).length, 24);
    }),
  );

  for (const transport of ["datagram", "mmsg"]) {
    Deno.test(
      await test(`explains what to do about a port below 1024 (${transport})`, async () => {
        // In a network of its own the limit is 1024, whatever this machine's is.
        const script = "ip link set lo up" +
          " && echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start" +
          ' && exec setpriv --bounding-set=-net_bind_service "$@"';
        const command = [...timesrv, "--transport", transport, "ntp://127.0.0.1"];
        const asNobody = ["unshare", "--net", "sh", "-c", script, "sh", ...command] as const;
        assertFailure(
          await run(asNobody),
          1,
          /udp 127\.0\.0\.1:123: .*may not.*1024 or above.*(ip_unprivileged_port_start=123|setcap .*)\n/,
        );
        assertFailure(
          await run(asNobody, { env: { NOTIFY_SOCKET: "/nosuch" } }),
          1,
          /1024 or above, or .*unit.* AmbientCapabilities=CAP_NET_BIND_SERVICE\n/,
        );
      }, { ...needs, commands: ["ip", "setpriv", "sh", "unshare"], root: true }),
    );
  }

  Deno.test(
    await test("reads options from the environment", async () => {
      const cases: readonly (readonly [Record<string, string>, readonly string[], RegExp])[] = [
        [{ TIMESRV_LOG_FORMAT: "json" }, [], /^\{"time":"[^"]+","event":"listening"/],
        [{ TIMESRV_LOG_FORMAT: "json" }, ["--log-format", "text"], /^\d{4}-.* Serving asctime/],
        [{ TIMESRV_VERBOSE: "1" }, [], /Time request from \S+ \(text\): 12 octets to/],
        [{ TIMESRV_VERBOSE: "0" }, [], /Time request from \S+ \(text\)\n/],
        [{ TIMESRV_VERBOSE: "" }, [], /Time request from \S+ \(text\)\n/],
      ];
      for (const [env, args, said] of cases) {
        const { server, port } = await startServer(timesrv, [...args, "asctime://127.0.0.1:0"], {
          env,
        });
        await using _ = server;
        using client = new UdpClient();
        await client.askText(port);
        await server.waitFor(said);
      }
    }),
  );

  Deno.test(
    await test("names the environment variable that is wrong", async () => {
      const env = { TIMESRV_LOG_FORMAT: "xml" };
      const { code, stderr } = await run([...timesrv, "asctime://192.0.2.1:0"], { env });
      assertMatch(stderr, /^timesrv: [^\n]*TIMESRV_LOG_FORMAT[^\n]*\n$/);
      assertEquals(code, 2);
    }),
  );

  Deno.test(
    await test("ignores environment variables that are not its own", async () => {
      const env = { TIMESRV_: "1", TIMESRV_VERSION: "9", TIMESRV_HELP: "1", TIMESRV_NOSUCH: "x" };
      const { server } = await startServer(timesrv, ["asctime://127.0.0.1:0"], { env });
      await using _ = server;
      assertEquals((await server.stop()).code, 0);
    }),
  );
}

const deno = source.timesrv[0];
const needs = source.needs;
const script = [`--config=${root}deno.json`, `${root}server.ts`];

Deno.test(
  await where(needs, "timesrv (source): names the Deno permission it lacks", async () => {
    const flags = ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.2"];
    assertFailure(
      await run([deno, ...flags, ...script, "asctime://127.0.0.1:0"]),
      1,
      /permission: .*127\.0\.0\.1.*--allow-net/,
    );
  }),
);

for (const args of [["0.0.0.0:0"], ["--utc", "--log-format=json", "0.0.0.0:0"]]) {
  Deno.test(
    await where(
      { ...needs, commands: ["python3"] },
      `timesrv (source): serves ${
        args.join(" ")
      } on a terminal with --allow-net alone, asking for no more`,
      async () => {
        const { server, port } = await startServer(
          ["python3", `${root}tests/e2e/on_terminal.py`, "80", deno, "run", "--quiet"],
          ["--allow-net", ...script, ...args],
          { env: { TIMESRV_VERBOSE: "1" } },
        );
        await using _ = server;
        using client = new UdpClient();
        await client.askText(port);
        assertEquals((await server.stop()).code, 0);
        assertMatch(server.stderr, /--allow-sys=networkInterfaces/);
        assertEquals(/Allow\?|requests .* access/.test(server.stderr), false, server.stderr);
      },
    ),
  );
}
