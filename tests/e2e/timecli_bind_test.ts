/** `timecli` with a source address, and the server that sees it. */
import { assertEquals, assertMatch } from "@std/assert";
import { run } from "../support/process.ts";
import { bothPrograms, startServer, testsOf } from "../support/programs.ts";

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = testsOf("timecli --bind", { kind, needs });

  Deno.test(
    await test("sends from that address in every command", async () => {
      const { server, port } = await startServer(timesrv, ["--verbose", "ntp://127.0.0.1:0"]);
      await using _ = server;
      const commands = [
        "",
        "-n 2",
        "explain",
        "compare -n 2",
        "check -n 2",
        "wait",
        "watch -n 1",
        "bench -n 9",
      ];
      for (const [i, command] of commands.entries()) {
        const address = `127.0.0.${i + 2}`;
        const words = command.split(" ").filter((word) => word !== "");
        const target = `ntp://127.0.0.1:${port}`;
        const { code, stderr } = await run([...timecli, ...words, "-I", address, target]);
        assertEquals(code, 0, `${command}: ${stderr}`);
        await server.waitFor(new RegExp(`from ${address.replaceAll(".", "\\.")}:\\d+`));
      }
      for (const command of [[], ["bench"]]) {
        const { code, stderr } = await run([
          ...timecli,
          ...command,
          "-I",
          "192.0.2.9",
          `ntp://127.0.0.1:${port}`,
        ]);
        assertMatch(stderr, /^timecli: Cannot send [^\n]*192\.0\.2\.9[^\n]*\n$/);
        assertEquals(code, 6);
      }
    }, { ...needs, linux: true }),
  );
}
