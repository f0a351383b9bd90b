import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { run } from "../support/process.ts";
import { bothPrograms, testsOf } from "../support/programs.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";
import { checkErrors } from "../support/timecli_usage_errors.ts";

for (const { kind, needs, timecli } of await bothPrograms()) {
  const test = testsOf("timecli check", { kind, needs });
  const check = (...args: readonly string[]) => run([...timecli, "check", "-i", "0", ...args]);

  Deno.test(
    await test("is UNKNOWN, in one line, where its command line is wrong", async () => {
      for (const [args, message] of checkErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...timecli, "check", ...args]);
        assertMatch(stdout, /^UNKNOWN: [^\n|]+\n$/);
        assertMatch(stdout, message);
        assertEquals([code, stderr], [3, ""]);
      }
      const env = { TIMECLI_CHECK_WARNING: "often" };
      const outcome = await run([...timecli, "check", "a.invalid"], { env });
      assertMatch(
        outcome.stdout,
        /^UNKNOWN: .*TIMECLI_CHECK_WARNING is "often"/,
      );
      assertEquals(outcome.code, 3);
      const help = await run([...timecli, "check", "--help"]);
      assertMatch(help.stdout, /^Usage: timecli check \[options\] \[urls\.\.\.\]\n/);
      assertEquals(help.code, 0);
      assert(help.stdout.split("\n").every((line) => line.length <= 80), help.stdout);
    }),
  );

  Deno.test(
    await test("prints one line with performance data, and exits with its state", async () => {
      await using server = await serve(["ntp://127.0.0.1:0", "time://127.0.0.1:0"], {
        clock: simulatedClock(-3),
      });
      const [ntp = "", time = ""] = server.addresses.map(({ url }) => url);
      for (
        const [code, args, line] of [
          [
            0,
            [ntp],
            /^NTP OK: Offset -[23]\.\d+ secs\|offset=-[23]\.\d{6}s;60;120; root_distance=/,
          ],
          [0, [ntp, "-w", "1e1", "-c", ".5e2"], /^NTP OK: Offset .*s;10;50; /],
          [1, [ntp, "-w", "1"], /^NTP WARNING: Offset .*;1;120; /],
          [2, [ntp, "-w", "1", "-c", "-2:"], /^NTP CRITICAL: Offset .*s;1;-2:; /],
          [0, [ntp, "-w", "~:-1"], /^NTP OK: /],
          [1, [ntp, "--stratum-warning", "3"], /, stratum=10 \(WARNING\)\|.* stratum=10;3;;0;16 /],
          [0, [ntp, "--loss-critical", "50"], / loss=0%;;50;0;100$/m],
          [0, [time], /^TIME OK - -[23] second time difference\|time=/],
          [2, [time, "-c", "1"], /^TIME CRITICAL - /],
        ] as const
      ) {
        const outcome = await check(...args);
        assertMatch(outcome.stdout, /^[^\n|]+\|[^\n|]+\n$/);
        assertMatch(outcome.stdout, line);
        assertEquals([outcome.code, outcome.stderr], [code, ""]);
      }
    }),
  );

  Deno.test(
    await test("has the options that monitoring plugins have", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const port = String(server.addresses[0]?.port);
      const few = ["-i", "0", "-s", "2"];
      for (
        const [code, args, line] of [
          [0, [...few, "-H", "127.0.0.1", "-p", port, "-w", "1", "-c", "2"], /^NTP OK: .*;1;2; /],
          [0, [...few, "-H", `127.0.0.1:${port}`, "-t", "9"], /^NTP OK: [^\n]+\n$/],
          [0, [...few, "--hostname=ntp://127.0.0.1", "--port", port], /^NTP OK: [^\n]+\n$/],
          [0, [...few, "127.0.0.1", "-p", port], /^NTP OK: [^\n]+\n$/],
          [
            0,
            [...few, "-v", "-H", "127.0.0.1", "-p", port],
            /^NTP OK: [^\n|]+\|[^\n]+\nServer +ntp:[^|]+\nReplies +2 of 2 [^|]+\nOffset [^|]+$/,
          ],
          [
            2,
            ["-vvi0", "-s2", "-H", `127.0.0.1:${freePort()}`],
            /^NTP CRITICAL: [^\n]+\n(Nothing listens on [^|\n]+\n)+$/,
          ],
          [3, ["-H", "127.0.0.1", "-p", "0"], /^UNKNOWN: --port is "0"/],
          [3, ["-H", "127.0.0.1:99", "-p", port], /^UNKNOWN: 127\.0\.0\.1:99 has another port/],
          [3, ["-H", "127.0.0.1", "127.0.0.2"], /^UNKNOWN: -H names the server: remove 127/],
          [3, ["-p", port], /^UNKNOWN: <urls> are missing: [^\n]*-H/],
          [0, ["-V"], /^timecli check \d+\.\d+\.\d+ [^\n]+\n$/],
        ] as const
      ) {
        const outcome = await check(...args);
        assertMatch(outcome.stdout, line);
        assertEquals([outcome.code, outcome.stderr], [code, ""], args.join(" "));
      }
    }),
  );

  Deno.test(
    await test("gives the reason for a missing offset", async () => {
      await using silent = scriptedServer(() => {}, "ntp");
      await using unsynchronized = scriptedServer(
        (socket, from, _, octets) => socket.send(ntpReply(octets, { leap: 3 }), from),
        "ntp",
      );
      const refused = `127.0.0.1:${freePort()}`;
      for (
        const [code, args, line] of [
          [2, [silent.url, "-t", "100ms"], /^NTP CRITICAL: No reply from \S+ within /],
          [3, [silent.url, "-t", "100ms", "-q"], /^NTP UNKNOWN: No reply from \S+ within /],
          [2, [refused], /^NTP CRITICAL: Offset unknown: Nothing listens/],
          [2, [unsynchronized.url], /^NTP CRITICAL: Offset unknown: .*not synchronised/],
          [
            1,
            [unsynchronized.url, "--unsynchronized", "warning"],
            /^NTP WARNING: Offset unknown: /,
          ],
          [3, ["-i", "1s", "nosuch.invalid"], /^NTP UNKNOWN: .*nosuch\.invalid/],
        ] as const
      ) {
        const outcome = await check(...args);
        assertMatch(outcome.stdout, line);
        assertMatch(outcome.stdout, /^[^\n|]+(\|loss=100?%;;;0;100|\|loss=0%;;;0;100)?\n$/);
        assertEquals([outcome.code, outcome.stderr], [code, ""]);
      }
    }),
  );

  Deno.test(
    await test("is UNKNOWN where its line cannot be written", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      for (const args of [[server.addresses[0]?.url ?? "", "-i", "0"], ["--nosuch"]]) {
        const shell = ["sh", "-c", 'exec "$@" >/dev/full', "sh"] as const;
        const { code, stderr } = await run([...shell, ...timecli, "check", ...args]);
        assertMatch(stderr, /^timecli: Cannot write the line: [^\n]+\n$/);
        assertEquals(code, 3);
      }
    }, { ...needs, files: [...(needs.files ?? []), "/dev/full"], commands: ["sh"] }),
  );
}
