import { assertEquals, assertMatch } from "@std/assert";
import { type Needs, where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, source, startServer } from "../support/programs.ts";
import { askMany, freePort, UdpClient } from "../support/udp_client.ts";

interface Trouble {
  readonly what: string;
  /** A shell's commands; the program is `"$@"`. */
  readonly script: string;
  /** Whether it could harm the cache of Deno, which the executables have one of their own of. */
  readonly harmsCache?: boolean;
  readonly needs?: Needs;
}

/** In all of these it serves as if nothing were wrong. */
const troubles: readonly Trouble[] = [
  { what: "without an environment", script: 'exec env -i "$@"' },
  { what: "with its log on a full disk", script: 'exec "$@" 2>/dev/full' },
  { what: "with 40 file descriptors", script: 'ulimit -n 40; exec "$@"', harmsCache: true },
  {
    what: "on a read-only file system",
    // The mounts of this test's own view alone.
    script: `exec unshare --mount sh -c 'mount --make-rprivate / && mount -o remount,bind,ro / &&
      ! touch "$0" 2>/dev/null && exec "$@"' /usr/nosuch "$@"`,
    needs: { commands: ["mount", "unshare"], root: true },
  },
  {
    what: "without any privilege",
    script: 'exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"',
    needs: { commands: ["setpriv"], root: true },
  },
];

for (const { kind, needs, timesrv } of await bothPrograms()) {
  const test = (
    name: string,
    fn: () => Promise<void>,
    more: Needs = {},
  ): Promise<Deno.TestDefinition> => {
    const commands = ["sh", ...more.commands ?? []];
    return where({ ...needs, ...more, commands }, `timesrv (${kind}): ${name}`, fn);
  };

  for (const { what, script, needs, harmsCache = false } of troubles) {
    if (harmsCache && kind === "source") continue;
    Deno.test(
      await test(`serves ${what}`, async () => {
        const port = freePort();
        await using server = new Running(
          ["sh", "-c", script, "sh", ...timesrv, `asctime://127.0.0.1:${port}`],
        );
        await askMany(port, 100);
        assertEquals((await server.stop()).code, 0, server.stderr);
      }, needs),
    );
  }

  Deno.test(
    await test(
      "serves by datagram, and says why, where the kernel lacks an option of sockets",
      async () => {
        // The first one of a thread. With -D signals reach the server, not strace.
        const inject = ["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=setsockopt"];
        inject.push("-e", "inject=setsockopt:error=ENOPROTOOPT:when=1");
        const { server, port } = await startServer(["strace", ...inject, ...timesrv]);
        await using _ = server;
        await server.waitFor(
          /Transport: datagram \(this system cannot set the socket option SO_TIMESTAMPNS: .*\(errno 92\)\)/,
        );
        await askMany(port, 10);
      },
      { commands: ["strace"] },
    ),
  );

  for (const transport of kind === "source" ? [] : ["datagram", "mmsg"]) {
    Deno.test(
      await test(`reports in one line that there are not enough file descriptors (${transport})`, async () => {
        const urls = new Array(100).fill("asctime://127.0.0.1:0");
        const { code, stderr } = await run(
          [
            "sh",
            "-c",
            'ulimit -n 64; exec "$@"',
            "sh",
            ...timesrv,
            "--transport",
            transport,
            ...urls,
          ],
        );
        assertMatch(
          stderr,
          /^timesrv: Cannot listen on udp 127\.0\.0\.1:0: [^\n]*Too many open files[^\n]*\n$/,
        );
        assertEquals(code, 1);
      }),
    );
  }

  Deno.test(
    await test(
      "reports in one line that there are not enough file descriptors for threads",
      async () => {
        for (const limit of [24, 26, 28]) {
          const limited = ["sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh", ...timesrv] as const;
          const url = "ntp://127.0.0.1:0";
          const { code, stdout, stderr } = await run([...limited, "--transport", "mmsg", url]);
          assertMatch(
            stderr,
            /^timesrv: Cannot start 1 worker thread: too few file descriptors [^\n]*\n$/,
          );
          assertEquals([code, stdout], [1, ""]);
        }
      },
      { ...needs, commands: ["sh"] },
    ),
  );

  Deno.test(
    await test("fails if its help cannot be written", async () => {
      const { code, stderr } = await run(["sh", "-c", '"$@" --help >/dev/full', "sh", ...timesrv]);
      assertMatch(stderr, /^timesrv: [^\n]*No space left on device[^\n]*\n$/);
      assertEquals(code, 1);
    }),
  );
}

for (const allowed of ["127.0.0.1", "127.0.0.1:PORT"]) {
  Deno.test(
    await where(
      { ...source.needs, commands: ["python3"] },
      `timesrv (source): on a terminal with --allow-net=${allowed} alone prompts for nothing`,
      async () => {
        const port = freePort();
        const flags = ["--quiet", `--allow-net=${allowed.replace("PORT", String(port))}`];
        const deno = source.timesrv[0];
        const { server } = await startServer(
          ["python3", `${root}tests/e2e/on_terminal.py`, "80", deno, "run", ...flags],
          [`--config=${root}deno.json`, `${root}server.ts`, `127.0.0.1:${port}`],
          { env: { NO_COLOR: "1", NOTIFY_SOCKET: "/nosuch", WATCHDOG_USEC: "1" } },
        );
        await using _ = server;
        using client = new UdpClient();
        const asked = client.askText(port);
        await server.waitFor(/Time request/);
        // Deno needs the permission to send to any client; it must not prompt for it.
        const mayAnswer = !allowed.endsWith("PORT");
        if (mayAnswer) assertEquals((await asked).length, 24);
        else asked.catch(() => {});
        assertEquals((await server.stop()).code, 0);
        assertMatch(
          server.stderr,
          mayAnswer ? / [1-9]\d* answered.* 0 errors/ : / 0 answered.* [1-9]\d* error/,
        );
        assertEquals(
          /Allow\?|requests .* access|Warning/.test(server.stderr),
          false,
          server.stderr,
        );
      },
    ),
  );
}
