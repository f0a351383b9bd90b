import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { bothPrograms, root, source, startServer, testsOf } from "../support/programs.ts";
import { UdpClient } from "../support/udp_client.ts";

const manager = ["python3", `${root}tests/e2e/service_manager.py`] as const;

for (const { kind, needs, timesrv } of await bothPrograms()) {
  const test = testsOf("service manager", { kind, needs });

  const python = {
    ...needs,
    commands: ["python3"],
    permissions: [...needs.permissions ?? [], { name: "ffi" } as const],
  };

  for (const socket of ["path", "abstract"]) {
    Deno.test(
      await test(`is notified of start, life and end (${socket})`, async () => {
        const { server, port } = await startServer(
          [...manager, socket, ...timesrv],
          undefined,
          { env: { WATCHDOG_USEC: "400000" }, stdout: "piped" },
        );
        await using _ = server;
        const said = (what: string): Promise<unknown> =>
          server.waitFor(new RegExp(`^notified by main process: ${what}$`, "m"));
        await said(`READY=1; STATUS=Serving asctime://127\\.0\\.0\\.1:${port}: 0 received, .*`);
        await said("WATCHDOG=1");
        assertEquals((await server.stop()).code, 0);
        await said("STOPPING=1");
        // The ready line of other programs would go to the journal.
        assertEquals(server.stdout, "");
      }, python),
    );
  }

  Deno.test(
    await test("is not notified before the server is ready", async () => {
      const { code, stderr } = await run([...manager, "path", ...timesrv, "asctime://192.0.2.1:0"]);
      assertEquals(code, 1);
      assertMatch(stderr, /^timesrv: Cannot listen on [^\n]*\n$/);
    }, python),
  );

  Deno.test(
    await test("that cannot be notified causes one warning", async () => {
      const cases = {
        "/nosuch/socket": /No such file or directory/,
        "vsock:2:1": /expected a path or @name/,
      };
      for (const [NOTIFY_SOCKET, reason] of Object.entries(cases)) {
        const env = { NOTIFY_SOCKET, WATCHDOG_USEC: "1000" };
        const { server, port } = await startServer(timesrv, undefined, { env });
        await using _ = server;
        using client = new UdpClient();
        await client.askText(port);
        assertEquals((await server.stop()).code, 0);
        const warnings = server.stderr.match(/Warning: Cannot notify .*/g) ?? [];
        assertEquals(warnings.length, 1, server.stderr);
        assertMatch(warnings[0] ?? "", reason);
      }
    }, python),
  );
}

Deno.test(
  await where(
    source.needs,
    "service manager (source): needs --allow-ffi, and the server logs it",
    async () => {
      const flags = ["run", "--quiet", "--no-prompt", "--allow-net", "--allow-env=NOTIFY_SOCKET"];
      const script = [`--config=${root}deno.json`, `${root}server.ts`];
      const { server, port } = await startServer(
        [source.timesrv[0], ...flags, ...script],
        undefined,
        { env: { NOTIFY_SOCKET: "/nosuch/socket" } },
      );
      await using _ = server;
      using client = new UdpClient();
      await client.askText(port);
      assertMatch(server.stderr, /Warning: Cannot notify .*no permission --allow-ffi\n/);
    },
  ),
);
