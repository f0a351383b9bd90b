import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertDocumented } from "../support/documented.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, startServer, testsOf } from "../support/programs.ts";
import { freePort } from "../support/udp_client.ts";
import { controlErrors } from "../support/timecli_usage_errors.ts";

const TOKEN = "0123456789abcdef";
const listeners = ["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?offset=+1h"];

/** The first line of a program's standard output, as JSON. */
// deno-lint-ignore no-explicit-any -- whatever the test looks for
async function announced(server: Running): Promise<any> {
  const [line] = await server.waitFor(/^.*\n/, { stream: "stdout" });
  return JSON.parse(line);
}

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = testsOf("control", { kind, needs });
  const control = [...timecli, "control"] as const;

  Deno.test(
    await test("is announced on standard output with the ports, and used by timecli", async () => {
      for (const transport of [[], ["--transport", "datagram"]]) {
        await using server = new Running(
          [...timesrv, ...transport, "--control", "127.0.0.1:0", ...listeners],
          { stdout: "piped" },
        );
        const { event, listeners: bound, control: url } = await announced(server);
        assertEquals([event, bound.length], ["ready", 2]);
        const [{ url: ntp, protocol, hostname, port }, { url: own }] = bound;
        assertEquals([ntp, protocol, hostname], [`ntp://127.0.0.1:${port}`, "ntp", "127.0.0.1"]);
        await server.waitFor(new RegExp(`Control interface on ${url}`));
        const ask = (...args: string[]): ReturnType<typeof run> =>
          run([...control, "--url", url, ...args]);

        const set = await ask("set", "--time", "2038-01-19T03:14:00Z", "--freeze");
        assertEquals([set.code, set.stderr], [0, ""]);
        assertMatch(set.stdout, /^Time +2038-01-19T03:14:00Z\n/);
        const seen = await run([...timecli, "--json", ntp]);
        assertEquals(JSON.parse(seen.stdout).time?.slice(0, 17), "2038-01-19T03:14:");
        await ask("step", "-1h");
        const state = JSON.parse((await ask("state", "--json")).stdout);
        assertDocumented(state, "control");
        assertEquals([state.clock.now, state.clock.rate], ["2038-01-19T02:14:00Z", 0]);
        const owned = await ask("step", "1h", "--listener", own, "--json");
        assert(Math.abs(JSON.parse(owned.stdout).clock.offset - 7200) < 1, owned.stdout);
        assertDocumented(JSON.parse(owned.stdout), "control");
        assertDocumented(JSON.parse((await ask("clients", "--json")).stdout), "control");
        assertMatch(
          (await ask("clients")).stdout,
          /^CLIENT +PROTOCOL +RATE +REQUESTS .* LAST\n127\.0\.0\.1 +NTP v4 /,
        );
        assertMatch((await ask("reset")).stdout, /\nRate +1\n/);

        const lone = await ask("state", "--listener", own, "--json");
        assertDocumented(JSON.parse(lone.stdout), "control");
        assertEquals(JSON.parse(lone.stdout).listeners.length, 1);
        const wrong = await ask("set", "--offset", "soon");
        assertEquals([wrong.code, wrong.stdout], [2, ""]);
        assertMatch(wrong.stderr, /^timecli: .*offset is "soon", expected a duration [^\n]*\n$/);
        const faults = await ask("faults", "drop=0.5", "kiss=DENY,every=10");
        if (transport.length === 0) {
          const { transport: chosen } = state;
          if (chosen === "mmsg") assertEquals([faults.code, faults.stdout], [1, ""]);
        } else {
          assertEquals(faults.code, 0);
          assertMatch((await ask("state")).stdout, /\n {2}Faults +drop=0\.5 kiss=DENY,every=10\n/);
          assertMatch((await ask("faults")).stdout, /^Faults +none\n$/);
          assertDocumented(JSON.parse((await ask("faults", "drop=0", "--json")).stdout), "control");
        }
        const checked = await ask("accheck", "127.0.0.1");
        assertEquals(
          [checked.code, checked.stdout],
          [0, "127.0.0.1: answered: no rule denies it; no rate limit for this machine\n"],
        );
        assertMatch((await ask("deny", "127.0.0.9/32")).stdout, /^Denied +127\.0\.0\.9\/32$/m);
        for (
          const args of [["accheck", "127.0.0.9"], ["allow", "127.0.0.9"], ["access"], [
            ...["set", "--rate-limit", "50/s", "--rate-kod", "0.5"],
          ]]
        ) assertDocumented(JSON.parse((await ask(...args, "--json")).stdout), "control");
        assertMatch((await ask("access")).stdout, /^Rate limit +50\/s,400$/m);
        const { code } = await server.stop();
        assertEquals(code, 0);
      }
    }),
  );

  Deno.test(
    await test("reads a token from the environment, and refuses clients without it", async () => {
      const { server } = await startServer(
        timesrv,
        ["--control", "127.0.0.1:0", "ntp://127.0.0.1:0"],
        {
          env: { TIMESRV_CONTROL_TOKEN: TOKEN },
        },
      );
      await using _ = server;
      const [, url = ""] = await server.waitFor(/Control interface on (\S+)/);
      const args = [...control, "state", "--url", url] as const;
      const refused = await run(args);
      assertEquals([refused.code, refused.stdout], [1, ""]);
      assertMatch(refused.stderr, /^timecli: http:\S+ refuses: The token is missing or wrong\n$/);
      const env = { TIMECLI_CONTROL_TOKEN: TOKEN };
      assertEquals((await run(args, { env })).code, 0);
      assert(!server.stderr.includes(TOKEN));
    }),
  );

  Deno.test(
    await test("reports a mistake on the command line in one line", async () => {
      for (const [args, message] of controlErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...control, ...args]);
        assertMatch(stderr, /^timecli: [^\n]+\n$/);
        assertMatch(stderr, message);
        assertEquals([code, stdout], [2, ""], args.join(" "));
      }
      for (
        const [args, message] of [
          [["--control", "8890"], /--control is "8890", expected HOST/],
          [
            ["--control", "127.0.0.1:0", "--control-token", "short"],
            /--control-token is not accepted/,
          ],
          [["--control", "0.0.0.0:0"], /it needs a --control-token/],
        ] as const
      ) {
        const { code, stdout, stderr } = await run([...timesrv, ...args, "ntp://127.0.0.1:0"]);
        assertMatch(stderr, /^timesrv: [^\n]+\n$/);
        assertMatch(stderr, message);
        assertEquals([code, stdout], [2, ""], args.join(" "));
      }
    }),
  );

  Deno.test(
    await test("lists the scenarios as timesrv does, and queries no server", async () => {
      const { code, stdout, stderr } = await run([...control, "scenario", "list"]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(stdout, (await run([...timesrv, "--scenario", "list"])).stdout);
    }),
  );

  Deno.test(
    await test("reports why no server was reached", async () => {
      const url = `http://127.0.0.1:${freePort()}`;
      const { code, stdout, stderr } = await run([...control, "state", "--url", url]);
      assertEquals([code, stdout], [4, ""]);
      assertMatch(
        stderr,
        /^timecli: Cannot reach \S+: nothing listens there; start the server with: /,
      );
      using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const slow = `http://127.0.0.1:${(silent.addr as Deno.NetAddr).port}`;
      const late = await run([...control, "state", "--url", slow, "--timeout", "0.3"]);
      assertEquals([late.code, late.stdout], [3, ""]);
      assertMatch(late.stderr, /^timecli: No reply from \S+ within 0\.3 s\n$/);
    }),
  );

  Deno.test(
    await test(
      "harms no server whose standard output is closed, and prints nothing to a terminal",
      async () => {
        const closed = ["sh", "-c", 'exec "$@" >&-', "sh", ...timesrv] as const;
        const { server } = await startServer(closed, ["asctime://127.0.0.1:0"]);
        await using _ = server;
        const [, port = ""] = await server.waitFor(/udp \S+:(\d+)/);
        assertEquals((await run([...timecli, `asctime://127.0.0.1:${port}`])).code, 0);
        assertEquals((await server.stop()).code, 0);
        const onTerminal = ["python3", `${root}tests/e2e/on_terminal.py`, "80"] as const;
        const shown = await startServer([...onTerminal, ...timesrv]);
        await using _shown = shown.server;
        await shown.server.stop();
        assert(!shown.server.stderr.includes('"ready"'), shown.server.stderr);
      },
      { ...needs, commands: ["sh", "python3"] },
    ),
  );
}
