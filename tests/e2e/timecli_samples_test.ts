import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root } from "../support/programs.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";
import { assertDocumented } from "../support/documented.ts";
import { samplesErrors } from "../support/timecli_usage_errors.ts";

/** Kiss code: "RATE". */
const RATE = 0x52415445;

const value = String.raw`\d+(\.\d+)? (s|ms|µs|ns)`;

for (const { kind, needs, timecli } of await bothPrograms()) {
  const test = (
    name: string,
    fn: () => Promise<void>,
    more = needs,
  ): Promise<Deno.TestDefinition> => where(more, `timecli --count (${kind}): ${name}`, fn);
  const samples = (count: number, ...args: string[]) =>
    run([...timecli, "--count", String(count), "--interval", "10ms", ...args]);

  Deno.test(
    await test("reports a mistake on its command line in one line", async () => {
      for (const [args, message] of samplesErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...timecli, ...args]);
        assertMatch(stderr, /^timecli: [^\n]+\n$/);
        assertMatch(stderr, message);
        assertEquals([code, stdout], [2, ""]);
      }
    }),
  );

  Deno.test(
    await test("prints statistics of an NTP and a Time server", async () => {
      await using server = await serve(["ntp://127.0.0.1:0", "time://127.0.0.1:0"], {
        clock: simulatedClock(90),
      });
      const [ntp = "", time = ""] = server.addresses.map(({ url }) => url);
      const one = await samples(3, ntp);
      assertEquals([one.code, one.stderr], [0, ""]);
      assertMatch(
        one.stdout,
        new RegExp(
          [
            `^Server         ${ntp}`,
            `Replies        3 of 3 in ${value}`,
            `Offset         \\+(90\\.0|89\\.9)\\d+ s ± ${value}: the local clock is behind`,
            `Jitter         ${value}`,
            `Delay          ${value} to ${value}`,
            "Stratum        10",
            "Reference      127\\.127\\.1\\.1 \\(its own clock\\)",
            "Leap second    none",
            `Root distance  ${value}\n$`,
          ].join("\n"),
        ),
      );
      const both = await samples(2, ntp, time, `ntp://127.0.0.1:${freePort()}`);
      const [head = "", ...rows] = both.stdout.trimEnd().split("\n");
      assertMatch(
        head,
        /^SERVER +OFFSET +BOUND +DELAY +JITTER +STRATUM +REFERENCE +LEAP +REPLIES$/,
      );
      assertMatch(rows[0] ?? "", / 10 +127\.127\.1\.1 +none +2\/2$/);
      assertMatch(rows[1] ?? "", /^time:.* 2\/2$/);
      assertMatch(rows[2] ?? "", /Nothing listens on udp/);
      assertEquals([both.code, rows.length, both.stderr], [4, 3, ""]);
    }),
  );

  Deno.test(
    await test("prints JSON with every exchange, the lost ones too", async () => {
      await using server = scriptedServer(
        (socket, from, count, octets) =>
          count === 2 ? undefined : socket.send(ntpReply(octets), from),
        "ntp",
      );
      const { code, stdout } = await samples(3, "--json", "--timeout", "1", server.url);
      assertEquals(code, 0);
      assertDocumented(JSON.parse(stdout));
      const { exchanges, loss, requests, offset, jitter, median_offset, ...rest } = JSON.parse(
        stdout,
      );
      assertEquals([requests, exchanges.length, loss], [3, 3, 1 / 3]);
      const [first, second, third] = exchanges;
      assertEquals(second.error.reason, "timeout");
      // With two of them the jitter is their distance, and the median is between them.
      assert(Math.abs(Math.abs(first.offset - third.offset) - jitter) < 2e-9, stdout);
      assert(Math.abs((first.offset + third.offset) / 2 - median_offset) < 2e-9, stdout);
      assertEquals(offset, first.delay <= third.delay ? first.offset : third.offset);
      assertEquals(rest.min_delay, Math.min(first.delay, third.delay));
      assertEquals(rest.max_delay, Math.max(first.delay, third.delay));
      assert(rest.error_bound <= rest.root_distance);
    }),
  );

  Deno.test(
    await test("prints CSV, one row per server", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      const { code, stdout } = await samples(3, "--csv", url, `127.0.0.1:${freePort()}`);
      const [names = [], good = [], bad = []] = stdout.split("\r\n").map((line) => line.split(","));
      const cell = (row: string[], name: string): string | undefined => row[names.indexOf(name)];
      assertEquals([code, cell(good, "url"), cell(good, "requests")], [4, url, "3"]);
      assertMatch(cell(good, "jitter") ?? "", /^\d/);
      assertEquals([cell(bad, "error_reason"), cell(bad, "loss")], ["refused", "1"]);
    }),
  );

  Deno.test(
    await test("reports a server's rate limit, and obeys it", async () => {
      await using server = scriptedServer((socket, from, count, octets) => {
        const kiss = { stratum: 0, leap: 3, referenceId: RATE };
        return socket.send(ntpReply(octets, count === 1 ? {} : kiss), from);
      }, "ntp");
      const { code, stdout, stderr } = await samples(100, server.url);
      assertEquals([code, server.requests.length], [0, 4]);
      assertMatch(stdout, /^Replies +4 of 4 in/m);
      assertMatch(
        stderr,
        /^timecli: ntp:.*: ended early: .*is rate limiting this client \(KoD RATE\)\n$/,
      );
    }),
  );

  Deno.test(
    await test("has a code for each way to fail", async () => {
      await using silent = scriptedServer(() => {}, "ntp");
      await using unsynchronized = scriptedServer(
        (socket, from, _count, octets) => socket.send(ntpReply(octets, { leap: 3 }), from),
        "ntp",
      );
      for (
        const [code, message, ...args] of [
          [3, /No reply/, "--timeout", "0.05", silent.url],
          [4, /Nothing listens/, `127.0.0.1:${freePort()}`],
          [5, /nosuch\.invalid/, "--interval", "1s", "nosuch.invalid"],
          [9, /not synchronised/, unsynchronized.url],
        ] as const
      ) {
        const outcome = await samples(2, ...args);
        assertMatch(outcome.stderr, message);
        assertMatch(outcome.stderr, /^timecli: [^\n]+\n$/);
        assertEquals([outcome.code, outcome.stdout], [code, ""]);
        assertDocumented(JSON.parse((await samples(2, "--json", ...args)).stdout));
      }
    }),
  );

  Deno.test(
    await test(
      "shows progress on a terminal, and prints its results when it is stopped",
      async () => {
        await using server = await serve("ntp://127.0.0.1:0");
        await using running = new Running([
          ...["python3", `${root}tests/e2e/on_terminal.py`, "80"] as const,
          ...[...timecli, "--count", "1000", server.addresses[0]?.url ?? ""],
        ]);
        // deno-lint-ignore no-control-regex -- how a line is redrawn
        await running.waitFor(/\r\x1b\[K[2-9] of 1,000 requests/);
        const { code } = await running.stop();
        assertMatch(running.stderr, /Server +ntp:\/\/127\.0\.0\.1:\d+\r\nReplies +\d+ of \d+ in/);
        assertEquals(code, 0);
      },
      { ...needs, commands: ["python3"] },
    ),
  );
}
