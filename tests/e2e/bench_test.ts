import { assert, assertEquals, assertMatch } from "@std/assert";
import { queryExitCodes } from "../../src/cli/shared/errors.ts";
import { formatAsctime } from "../../src/load/dialects.ts";
import type { QueryFailure } from "../../src/protocols/failure.ts";
import { where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, source, startServer, testsOf } from "../support/programs.ts";
import { scriptedServer } from "../support/scripted_server.ts";
import { freePort } from "../support/udp_client.ts";
import { assertDocumented, isDocumented } from "../support/documented.ts";
import { benchErrors } from "../support/timecli_usage_errors.ts";

const counts = { bad: 0, duplicate: 0, lost: 0, late: 0, stray: 0 } as const;
const few = ["--count", "50", "--timeout", "5"] as const;

for (const { kind, needs, timecli, timesrv } of await bothPrograms()) {
  const bench = [...timecli, "bench"] as const;
  const test = testsOf("timecli bench", { kind, needs });
  const onLinux = { ...needs, linux: true };

  Deno.test(
    await test("reports a mistake on its command line in one line", async () => {
      for (const [args, message] of benchErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...bench, ...args]);
        assertMatch(stderr, /^timecli: [^\n]+\n$/);
        assertMatch(stderr, message);
        assertEquals([code, stdout], [2, ""]);
      }
      const { code, stderr } = await run([...timecli, "--json", "bench", "127.0.0.1"]);
      assertEquals([code, stderr], [
        2,
        "timecli: bench comes first: timecli bench [options] ...\n",
      ]);
      const env = { TIMECLI_BENCH_WINDOW: "none" };
      const outcome = await run([...bench, "127.0.0.1"], { env });
      assertMatch(outcome.stderr, /^timecli: .*TIMECLI_BENCH_WINDOW is "none"/);
      assertEquals(outcome.code, 2);
    }),
  );

  Deno.test(
    await test("is listed in the help, and has help of its own", async () => {
      assertMatch((await run([...timecli, "--help"])).stdout, /^Commands:\n {2}bench +\w/m);
      const { code, stdout } = await run([...bench, "--help"]);
      assertEquals(code, 0);
      assertMatch(stdout, /^Usage: timecli bench \[options\] <url>\n/);
      const completions = await run([...timecli, "complete", "--", "bench", "--"]);
      for (const [option] of stdout.matchAll(/(?<=^ +(?:-\w, )?)--[a-z0-9-]+/gm)) {
        assert(completions.stdout.includes(`${option}\t`), option);
      }
      assert(!/^--retries/m.test(completions.stdout));
      assertMatch((await run([...timecli, "complete", "--", "be"])).stdout, /^bench\t/);
    }),
  );

  Deno.test(
    await test("measures every protocol that timesrv serves", async () => {
      const schemes = ["asctime", "auto", "daytime", "time", "ntp"] as const;
      for (const scheme of schemes) {
        const { server, port } = await startServer(timesrv, [`${scheme}://127.0.0.1:0`]);
        await using _ = server;
        const url = `${scheme}://127.0.0.1:${port}`;
        const pid = String(server.child.pid);
        const { code, stdout, stderr } = await run([...bench, "--json", "--pid", pid, ...few, url]);
        assertEquals([code, stderr], [0, ""]);
        const result = JSON.parse(stdout);
        assertDocumented(result, "bench");
        const { seconds, good_per_second, cpu_per_reply, latency, offset, idle_share, ...rest } =
          result;
        const who = { schema: 1, url, address: "127.0.0.1", port };
        assertEquals(rest, { ...who, sent: 50, good: 50, ...counts });
        const { p50, p90, p99, p999 } = latency;
        assert(0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= p999, stdout);
        assert(seconds > 0 && good_per_second > 0 && cpu_per_reply > 0, stdout);
        assert(idle_share >= 0 && idle_share <= 1, stdout);
        assertEquals(offset?.p50 <= offset?.p99, scheme === "ntp");
        for (
          const wrong of [
            { ...result, schema: undefined },
            { ...result, good: -1 },
            { ...result, idle_share: 2 },
            { ...result, latency: { p50 } },
            { ...result, error: { reason: "moon", message: "" } },
          ]
        ) {
          const plain = JSON.parse(JSON.stringify(wrong));
          assert(!isDocumented(plain, "bench"), JSON.stringify(plain));
        }
      }
    }, onLinux),
  );

  Deno.test(
    await test("prints its results as text", async () => {
      const { server, port } = await startServer(timesrv, ["ntp://127.0.0.1:0"]);
      await using _ = server;
      const { code, stdout } = await run([...bench, ...few, `ntp://127.0.0.1:${port}`]);
      assertEquals(code, 0);
      const value = String.raw`\d+(\.\d+)? (s|ms|µs|ns)`;
      assertMatch(
        stdout,
        new RegExp(
          [
            `^Target     ntp://127\\.0\\.0\\.1:${port}`,
            `Load       64 outstanding requests over 8 flows, ${value}`,
            "Replies/s  [\\d,]+",
            "",
            "Sent       50",
            "Good       50",
            "Bad         0",
            "Lost        0",
            "Late        0",
            "Duplicate   0",
            "Stray       0",
            "",
            "           p50 +p90 +p99 +p99\\.9",
            `Latency    ${value} +${value} +${value} +${value}`,
            `\\|Offset\\|   ${value} +${value}\n$`,
          ].join("\n"),
        ),
      );
    }, onLinux),
  );

  Deno.test(
    await test(
      "sends no more requests than its limit, and finds the right address",
      async () => {
        await using server = scriptedServer((socket, from) => {
          const text = formatAsctime(Math.floor(Date.now() / 1000));
          return socket.send(new TextEncoder().encode(text), from);
        });
        const url = server.url.replace("127.0.0.1", "localhost");
        const { code, stdout } = await run([
          ...bench,
          "--count=7",
          "--timeout=5",
          "--json",
          url,
        ]);
        assertEquals([code, server.requests.length], [0, 7]);
        const { address, port, good } = JSON.parse(stdout);
        assertEquals([`asctime://${address}:${port}`, good], [server.url, 7]);
      },
      onLinux,
    ),
  );

  Deno.test(
    await test("has a code for each way to fail, and prints the results that it has", async () => {
      const send = (text: string) => (socket: Deno.DatagramConn, from: Deno.NetAddr) =>
        socket.send(new TextEncoder().encode(text), from);
      const cases = [
        ["timeout", "No reply from .* within 100\\.0 ms, to any of 10 requests", () => {}],
        ["not_a_time", "10 of 10 requests to .* got a bad reply", send("Thu Jan  1 00:00:00 1970")],
      ] as const;
      for (const [reason, message, answer] of cases) {
        const code = queryExitCodes[reason];
        await using server = scriptedServer(answer);
        const outcome = await run([...bench, "--count=10", server.url]);
        assertEquals(outcome.code, code, outcome.stderr);
        assertMatch(outcome.stderr, new RegExp(`^timecli: (${message}).*\n$`));
        assertMatch(outcome.stdout, /^Sent +10$/m);
        const result = JSON.parse(
          (await run([...bench, "--count=10", "--json", server.url])).stdout,
        );
        assertDocumented(result, "bench");
        assertEquals([result.sent, result.error.reason], [10, reason]);
      }
      for (
        const [code, args, message] of [
          [
            1,
            ["--pid", "4194304", "127.0.0.1"],
            /Cannot read the CPU time of process 4194304: No such process/,
          ],
          [4, [`127.0.0.1:${freePort()}`], /Nothing listens on udp 127\.0\.0\.1:\d+;/],
          [5, ["nosuch.invalid"], /nosuch\.invalid/],
          [5, ["-6", "127.0.0.1"], /127\.0\.0\.1 is not an IPv6/],
        ] as const
      ) {
        const outcome = await run([...bench, ...args]);
        assertMatch(outcome.stderr, message);
        assertEquals([outcome.code, outcome.stdout], [code, ""]);
        const json = await run([...bench, "--json", ...args]);
        const { error, ...rest } = JSON.parse(json.stdout);
        assertDocumented({ ...rest, error: { ...error } }, "bench");
        assertEquals(Object.keys(rest), ["schema", "url"]);
        assertEquals([json.code, queryExitCodes[error.reason as QueryFailure] ?? 1], [code, code]);
      }
    }, onLinux),
  );

  Deno.test(
    await test("reports that the network is unreachable", async () => {
      const url = "ntp://192.0.2.1";
      const { code, stdout, stderr } = await run(
        ["unshare", "--net", ...bench, "--json", "--i-own-this-server", url],
      );
      assertMatch(stderr, /^timecli: Cannot send to 192\.0\.2\.1:123: .*unreachable\n$/);
      assertDocumented(JSON.parse(stdout), "bench");
      assertEquals([code, JSON.parse(stdout).error.reason], [6, "unreachable"]);
    }, { ...needs, commands: ["unshare"], root: true }),
  );

  Deno.test(
    await test(
      "shows progress on a terminal, and prints its results when it is stopped",
      async () => {
        const { server, port } = await startServer(timesrv);
        await using _ = server;
        const url = `asctime://127.0.0.1:${port}`;
        await using running = new Running([
          ...["python3", `${root}tests/e2e/on_terminal.py`, "80"] as const,
          ...[...bench, "--duration", "600", "--timeout", "5", url],
        ]);
        // deno-lint-ignore no-control-regex -- how a line is redrawn
        await running.waitFor(/\r\x1b\[K\d+\.\d s of 600: [\d,]+ replies\/s, 0 lost/);
        const { code } = await running.stop();
        // deno-lint-ignore no-control-regex -- as above
        assertMatch(running.stderr, /\r\x1b\[KTarget +asctime:\/\/127\.0\.0\.1:\d+\r\n/);
        assertMatch(running.stderr, /^Lost +0\r$/m);
        assertEquals(code, 0);
      },
      { ...onLinux, commands: ["python3"] },
    ),
  );
}

Deno.test(
  await where(
    source.needs,
    "timecli bench (source): needs a permission that timecli does not",
    async () => {
      const [deno] = source.timecli;
      const command = [
        deno,
        ...["run", "--quiet", "--no-prompt", "--allow-net", `--config=${root}deno.json`],
        `${root}client.ts`,
      ] as const;
      await using server = scriptedServer((socket, from) =>
        socket.send(new TextEncoder().encode("Fri Apr  3 21:09:36 2020"), from)
      );
      assertEquals((await run([...command, server.url])).code, 0);
      const { code, stdout, stderr } = await run([...command, "bench", server.url]);
      assertMatch(stderr, /^timecli: [^\n]*(ffi|needs Linux)[^\n]*\n$/);
      assertEquals([code, stdout], [1, ""]);
    },
  ),
);
