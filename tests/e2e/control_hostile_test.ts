/** Who may reach the control interface, and what they cannot do to the server. */
import { assertEquals, assertMatch } from "@std/assert";
import { run, Running } from "../support/process.ts";
import { bothPrograms, testsOf } from "../support/programs.ts";
import { freePort } from "../support/udp_client.ts";
import { until, within } from "../support/wait.ts";

/** Reads the ready line: the URLs of the NTP listener and of the control interface. */
async function addressesOf(server: Running): Promise<readonly [ntp: string, control: URL]> {
  const [line] = await server.waitFor(/^.*\n/, { stream: "stdout" });
  const { listeners: [{ url }], control } = JSON.parse(line);
  return [url, new URL(control)];
}

async function isOpen(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch {
    return false;
  }
}

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = testsOf("control", { kind, needs });
  const args = ["--control", "127.0.0.1:0", "ntp://127.0.0.1:0"] as const;

  Deno.test(
    await test("listens nowhere else, whatever DENO_SERVE_ADDRESS says", async () => {
      for (const prefix of ["", "duplicate,"]) {
        const port = freePort();
        const env = { DENO_SERVE_ADDRESS: `${prefix}tcp:0.0.0.0:${port}` };
        await using server = new Running([...timesrv, ...args], { stdout: "piped", env });
        const [, control] = await addressesOf(server);
        assertEquals(await isOpen("127.0.0.1", port), false);
        const { code } = await run([...timecli, "control", "state", "--url", control.origin]);
        assertEquals(code, 0);
      }
    }),
  );

  Deno.test(
    await test("survives more idle connections than it has file descriptors", async () => {
      for (const [limit, connections] of [[256, 300], [64, 200]] as const) {
        await using server = new Running(
          ["sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh", ...timesrv, ...args],
          { stdout: "piped" },
        );
        const [ntp, control] = await addressesOf(server);
        const { hostname, port } = control;
        const idle = await Promise.all(
          Array.from({ length: connections }, () => Deno.connect({ hostname, port: Number(port) })),
        );
        const ask = async (...command: [string, ...string[]]): Promise<number> =>
          (await run(command)).code;
        const state = [...timecli, "control", "state", "--url", control.origin] as const;
        assertEquals([await ask(...timecli, ntp), await ask(...state)], [0, 0], server.stderr);
        for (const connection of idle) connection.close();
        assertEquals([await ask(...timecli, ntp), await ask(...state)], [0, 0], server.stderr);
        assertEquals((await server.stop()).code, 0);
        assertMatch(server.stderr, /Stopped after .*: 2 received, 2 answered, [^\n]*\n$/);
      }
    }, { ...needs, commands: ["sh"] }),
  );

  Deno.test(
    await test("writes a bounded log of changes without number or end", async () => {
      await using server = new Running([...timesrv, ...args], { stdout: "piped" });
      const [, control] = await addressesOf(server);
      const body = JSON.stringify({ faults: { drop: Array(500).fill(0) }, description: "secret" });
      const headers = { "content-type": "application/json" };
      const change = async (): Promise<number> => {
        const response = await fetch(`${control.origin}/scenario`, {
          method: "POST",
          headers,
          body,
        });
        await response.body?.cancel();
        return response.status;
      };
      for (let i = 0; i < 60; i++) assertEquals(await change(), 200);
      await within(20, until(() => / more changes? in that second/.test(server.stderr), 10));
      await server.stop();
      const changes = server.stderr.split("\n").filter((line) => line.includes("Changed: "));
      const counts = server.stderr.matchAll(/ and (\d+) more changes? in that second/g);
      const untold = [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
      assertEquals(changes.length + untold, 60);
      for (const line of changes) {
        assertMatch(line, /Changed: POST \/scenario \{"faults":.{100,400}$/);
      }
      assertEquals(server.stderr.includes("secret"), false);
    }),
  );
}
