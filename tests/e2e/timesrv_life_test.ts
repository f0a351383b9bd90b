import { assertEquals, assertMatch } from "@std/assert";
import { Running } from "../support/process.ts";
import { bothPrograms, root, startServer, testsOf } from "../support/programs.ts";
import { askMany, freePort, UdpClient } from "../support/udp_client.ts";

for (const { kind, needs, timesrv } of await bothPrograms()) {
  const test = testsOf("timesrv", { kind, needs });

  Deno.test(
    await test("--stats-interval logs each interval, with --quiet too", async () => {
      const port = freePort();
      await using server = new Running(
        [...timesrv, "--quiet", "--stats-interval=1s", `asctime://127.0.0.1:${port}`],
      );
      await server.waitFor(/ In the last .* 0 answered/);
      await askMany(port, 100);
      await server.waitFor(/ [1-9]\d* answered/);
      // Each interval counts from zero.
      await server.waitFor(/ [1-9]\d* answered [^]* 0 answered \(0\/s\), 0 refused, 0 errors\n/);
      assertEquals((await server.stop()).code, 0);
      const lines = server.stderr.trimEnd().split("\n");
      for (const line of lines) {
        assertMatch(line, / In the last \d+\.\d s: \d+ received, \d+ answered \([\d.]+\/s\), /);
      }
      const answered = lines.reduce(
        (sum, line) => sum + Number(/ (\d+) answered/.exec(line)?.[1]),
        0,
      );
      assertEquals(answered, 100, server.stderr);
    }),
  );

  Deno.test(
    await test("--with-parent: ends with its parent, also if that is killed", async () => {
      // A shell that is killed tells its children nothing.
      const words = [...timesrv, "--with-parent", "ntp://127.0.0.1:0"];
      const script = `"$@" </dev/null & wait`;
      await using shell = new Running(["sh", "-c", script, "sh", ...words]);
      await shell.waitFor(/ Serving ntp/);
      shell.child.kill("SIGKILL");
      await shell.waitFor(/ Ending: its parent process has ended\n.* Stopped after .* 0 errors\n/);
      await shell.ended();
    }),
  );

  Deno.test(
    await test("--with-parent: ends with its input, unless that was closed before", async () => {
      const words = [...timesrv, "--with-parent", "asctime://127.0.0.1:0"] as const;
      await using server = new Running(words, { stdin: "piped" });
      await server.waitFor(/ Serving/);
      const input = server.child.stdin.getWriter();
      await input.write(new Uint8Array(1000));
      await input.close();
      assertEquals((await server.ended()).code, 0);
      assertMatch(server.stderr, / Ending: its standard input was closed\n.* Stopped after /);

      const script = `: | "$@"`;
      const { server: shell, port } = await startServer(["sh", "-c", script, "sh", ...words], []);
      await using _ = shell;
      using client = new UdpClient();
      assertEquals((await client.askText(port)).length, 24);
      assertEquals(shell.stderr.includes("Ending"), false, shell.stderr);
    }),
  );

  Deno.test(
    await test("a second signal while replies are under way loses no totals", async () => {
      const { server, port } = await startServer(timesrv, [
        ...["--fault", "delay=1h"],
        "asctime://127.0.0.1:0",
      ]);
      await using _ = server;
      using client = new UdpClient();
      await client.send(new Uint8Array(3), { hostname: "127.0.0.1", port });
      await server.waitFor(/ Time request /);
      server.child.kill("SIGINT");
      // The replies under way have half a second.
      await new Promise((resolve) => setTimeout(resolve, 400));
      assertEquals((await server.stop("SIGINT")).code, 0);
      assertMatch(server.stderr, / Stopped after .* 1 received, 0 answered, 1 refused/);
    }),
  );

  Deno.test(
    await test("SIGHUP is ignored without a terminal", async () => {
      const { server, port } = await startServer(timesrv);
      await using _ = server;
      server.child.kill("SIGHUP");
      using client = new UdpClient();
      assertEquals((await client.askText(port)).length, 24);
      assertEquals((await server.stop()).code, 0);
    }),
  );

  Deno.test(
    await test("stops when its terminal is closed", async () => {
      const { server, port } = await startServer(
        ["python3", `${root}tests/e2e/on_terminal.py`, "80", ...timesrv],
      );
      await using _ = server;
      using client = new UdpClient();
      await client.askText(port);
      assertEquals((await server.stop("SIGHUP")).code, 0);
    }, { ...needs, commands: ["python3"] }),
  );
}
