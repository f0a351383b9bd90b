import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, startServer, testsOf } from "../support/programs.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";
import { waitErrors } from "../support/timecli_usage_errors.ts";

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = testsOf("timecli wait", { kind, needs });
  const wait = [...timecli, "wait"] as const;
  const starts = kind === "source" ? "deno task serve" : "timesrv";

  Deno.test(
    await test("reports a mistake on its command line in one line", async () => {
      for (const [args, message] of waitErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...wait, ...args]);
        assertMatch(stderr, /^timecli: [^\n]+\n$/);
        assertMatch(stderr, message);
        assertEquals([code, stdout], [2, ""]);
      }
    }),
  );

  Deno.test(
    await test("returns at once where the clock is right", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      const { code, stdout, stderr } = await run([...wait, url, "--within", "5s"]);
      assertEquals(code, 0);
      assertMatch(stdout, /^The clock is within 5 s of the server after \d[^\n]*\n$/);
      assertMatch(stderr, new RegExp(`^${url}: [+-].* ± .*, within 5 s\n$`));
      const quiet = await run([...wait, url, "--within", "5s", "--quiet"]);
      assertEquals(quiet, { code: 0, stdout: "", stderr: "" });
    }),
  );

  Deno.test(
    await test("waits for a server that starts late, and reports what changes", async () => {
      const port = freePort();
      await using waiting = new Running([...wait, `127.0.0.1:${port}`, "--within", "5s"]);
      await waiting.waitFor(
        new RegExp(
          `^ntp:\\S+: Nothing listens on udp \\S+; a server starts there with: ${starts} ntp:`,
          "m",
        ),
      );
      const { server } = await startServer(timesrv, [`127.0.0.1:${port}`]);
      await using _ = server;
      await waiting.waitFor(/, within 5 s\n/);
      assertEquals((await waiting.child.status).code, 0);
    }),
  );

  Deno.test(
    await test("gives up in time, with a code of its own", async () => {
      await using server = await serve("ntp://127.0.0.1:0", { clock: simulatedClock(-60) });
      const url = server.addresses[0]?.url ?? "";
      const { code, stdout, stderr } = await run([...wait, url, "--timeout", "500ms"]);
      assertEquals([code, stdout], [3, ""]);
      assertMatch(
        stderr,
        new RegExp(
          `^${url}: -(60|59\\.9).* s ± .*, not within 50 ms\n` +
            "timecli: Gave up after [^\n]*: the clock is not known to be within 50 ms of the server\n$",
        ),
      );
      await using waiting = new Running([...wait, url]);
      await waiting.waitFor(/not within/);
      assertEquals((await waiting.stop("SIGINT")).code, 1);
      assertMatch(waiting.stderr, /\ntimecli: Stopped before the clock agreed\n$/);
    }),
  );
}
