import { assertEquals, assertMatch } from "@std/assert";
import { bothPrograms, root, Running, startServer, where } from "../support/programs.ts";
import { Asker, askMany, freePort, within } from "../support/traffic.ts";

for (const { kind, needs, timesrv } of await bothPrograms()) {
  const test = (
    name: string,
    fn: () => Promise<void>,
    more = needs,
  ): Promise<Deno.TestDefinition> => where(more, `timesrv (${kind}): ${name}`, fn);

  Deno.test(
    await test("--stats-interval tells of each interval, with --quiet too", async () => {
      const port = freePort();
      await using server = new Running(
        [...timesrv, "--quiet", "--stats-interval=1s", `asctime://127.0.0.1:${port}`],
      );
      await askMany(port, 100);
      await within(10, server.said(/ [1-9]\d* answered/));
      // An interval begins anew: what has been told is not told again.
      await within(10, server.said(/ 0 answered \(0\/s\), 0 refused, 0 errors\n/));
      assertEquals((await within(5, server.stop())).code, 0);
      const lines = server.stderr.trimEnd().split("\n");
      for (const line of lines) {
        assertMatch(line, / In the last \d+\.\d s: \d+ received, \d+ answered \([\d.]+\/s\), /);
      }
      const answered = lines.reduce(
        (sum, line) => sum + Number(/ (\d+) answered/.exec(line)?.[1]),
        0,
      );
      assertEquals(answered >= 100, true, server.stderr);
    }),
  );

  Deno.test(
    await test("SIGHUP is ignored without a terminal", async () => {
      const { server, port } = await startServer(timesrv);
      await using _ = server;
      server.child.kill("SIGHUP");
      using asker = new Asker(port);
      assertEquals((await asker.ask()).length, 24);
      assertEquals((await within(5, server.stop())).code, 0);
    }),
  );

  Deno.test(
    await test("stops when its terminal is closed", async () => {
      const { server, port } = await startServer(
        ["python3", `${root}tests/e2e/on_terminal.py`, "80", ...timesrv],
      );
      await using _ = server;
      using asker = new Asker(port);
      await asker.ask();
      assertEquals((await within(5, server.stop("SIGHUP"))).code, 0);
    }, { ...needs, commands: ["python3"] }),
  );
}
