import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { type Outcome, run, Running } from "../support/process.ts";
import { bothPrograms, root, source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";
import { answerer, Cable, ip } from "./cable.ts";

const served = ["10.77.0.1", "10.77.0.2", "[fd00:77::1]", "[fd00:77::2]", "[fe80::1%cable]"];

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = (name: string, fn: () => Promise<void>, more = {}): Promise<Deno.TestDefinition> =>
    where(
      { ...needs, commands: ["ip"], root: true, ipv6: true, ...more },
      `network (${kind}): ${name}`,
      fn,
    );

  for (const [transport, ...more] of [["datagram"], ["mmsg"], ["mmsg", "--workers=2"]] as const) {
    const way = ["--transport", transport, ...more];
    Deno.test(
      await test(`a wildcard replies from the address that was queried (${way.join(" ")})`, async () => {
        await using cable = await Cable.lay();
        const urls = ["asctime://0.0.0.0:8888", "asctime://[::]:8888"];
        await using server = new Running(cable.onServer(...timesrv, ...way, ...urls));
        for (const address of transport === "mmsg" ? ["0.0.0.0", "[::]"] : served) {
          const pattern = address.replace(/[[\].]/g, "\\$&");
          await server.waitFor(new RegExp(`udp ${pattern}:8888\n`));
        }
        for (const address of served) {
          const outcome = await run(cable.onClient(...timecli, "--json", `${address}:8888`));
          assertEquals(answerer(outcome), address.replace(/[[\]]/g, ""));
        }
        assertEquals((await server.stop()).code, 0);
        assertMatch(server.stderr, /received, (\d+) answered, 0 refused, 0 errors\n$/);
      }),
    );
  }

  Deno.test(
    await test("port 0 of a wildcard is the same port on every address", async () => {
      await using cable = await Cable.lay();
      const way = ["--transport", "datagram", "asctime://0.0.0.0:0"];
      await using server = new Running(cable.onServer(...timesrv, ...way));
      const [, port] = await server.waitFor(/udp 10\.77\.0\.2:(\d+)\n/);
      for (const address of ["10.77.0.1", "10.77.0.2"]) {
        const outcome = await run(
          cable.onClient(...timecli, "--json", `asctime://${address}:${port}`),
        );
        assertEquals(answerer(outcome), address);
      }
    }),
  );

  Deno.test(
    await test("a host that does not answer is not taken for one where nothing listens", async () => {
      await using cable = await Cable.lay();
      // No host, or a host whose port is closed: from afar both are silence.
      for (const host of ["10.77.0.99", "10.77.0.1", "[fd00:77::1]"]) {
        const outcome = await run(cable.onClient(...timecli, "-t", "0.3", host));
        assertEquals([outcome.code, outcome.stdout], [3, ""], outcome.stderr);
      }
      await ip(`-n ${cable.client} route add unreachable 192.0.2.0/24`);
      const outcome = await run(cable.onClient(...timecli, "192.0.2.1"));
      assertMatch(outcome.stderr, /^timecli: [^\n]*192\.0\.2\.1[^\n]*\n$/);
      assertEquals(outcome.code, 6);
    }),
  );

  for (const transport of ["datagram", "mmsg"]) {
    Deno.test(
      await test(`a network that goes down and comes back does not end a server (${transport})`, async () => {
        await using cable = await Cable.lay();
        const listener = "asctime://10.77.0.1:8888";
        await using server = new Running(
          cable.onServer(...timesrv, "--transport", transport, listener),
        );
        await server.waitFor(/Serving/);
        const ask = (): Promise<Outcome> =>
          run(cable.onClient(...timecli, "--json", "-t", "1", "asctime://10.77.0.1"));
        assertEquals(answerer(await ask()), "10.77.0.1");
        await ip(`-n ${cable.server} link set cable down`);
        // The client's end of the cable is up, so that its requests leave and are lost.
        assertEquals((await ask()).code, 3);
        await ip(`-n ${cable.server} link set cable up`);
        await poll(
          10,
          () => ip(`-n ${cable.client} -br link show cable`),
          (link) => link.includes("LOWER_UP"),
          10,
        );
        assertEquals(answerer(await ask()), "10.77.0.1");
        assertEquals((await server.stop()).code, 0);
      }),
    );
  }

  Deno.test(
    await test(
      "each address of a name is queried, IPv6 first, or one family's by option",
      async () => {
        await using cable = await Cable.lay();
        const hosts = await Deno.makeTempFile();
        try {
          await Deno.writeTextFile(
            hosts,
            "10.77.0.1 both.test four.test\nfd00:77::1 both.test six.test\n",
          );
          // `ip netns exec` gives each command a view of the file system of its own.
          const ask = (words: string): Promise<Outcome> => {
            const script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
            const [host = "", ...flags] = words.split(" ").reverse();
            const options = ["--json", "-t", "2", ...flags, `asctime://${host}`];
            return run(cable.onClient("sh", "-c", script, "sh", hosts, ...timecli, ...options));
          };
          for (
            const [listeners, cases] of [
              ["10.77.0.1 [fd00:77::1]", {
                "both.test": "fd00:77::1",
                "-4 both.test": "10.77.0.1",
                "-6 both.test": "fd00:77::1",
                // There is no name server to ask for the other family.
                "-4 six.test": 12,
                "-6 four.test": 12,
              }],
              ["10.77.0.1", { "both.test": "10.77.0.1", "-6 both.test": 3 }],
              ["[fd00:77::1]", { "both.test": "fd00:77::1", "-4 both.test": 3 }],
            ] as const
          ) {
            const urls = listeners.split(" ").map((host) => `asctime://${host}`);
            await using server = new Running(cable.onServer(...timesrv, ...urls));
            await server.waitFor(new RegExp(`(Serving[^\n]*\n[^]*){${urls.length}}`));
            for (const [words, expected] of Object.entries(cases)) {
              const outcome = await ask(words);
              const found = outcome.code === 0 ? answerer(outcome) : outcome.code;
              assertEquals(found, expected, `${words} of ${listeners}: ${outcome.stderr}`);
            }
            await server.stop();
          }
        } finally {
          await Deno.remove(hosts);
        }
      },
      {
        commands: ["ip", "mount", "sh"],
        permissions: [...(needs.permissions ?? []), { name: "write" }],
      },
    ),
  );
}

Deno.test(
  await where(
    { ...source.needs, commands: ["ip"], root: true, ipv6: true },
    "network (source): without --allow-sys a wildcard warns of what is lost and still serves",
    async () => {
      await using cable = await Cable.lay();
      const flags = ["run", "--quiet", "--no-prompt", "--allow-net", `--config=${root}deno.json`];
      const script = `${root}server.ts`;
      const [deno, url] = [source.timesrv[0], "asctime://0.0.0.0:8888"];
      await using server = new Running(cable.onServer(deno, ...flags, script, url));
      await server.waitFor(/Warning: 0\.0\.0\.0 .*--allow-sys=networkInterfaces/);
      await server.waitFor(/Serving asctime on udp 0\.0\.0\.0:8888\n/);
      const ask = (host: string): Promise<Outcome> =>
        run(cable.onClient(...(source.timecli), "--json", "-t", "0.5", `asctime://${host}`));
      assertEquals(answerer(await ask("10.77.0.1")), "10.77.0.1");
      // What is lost: the second address answers from the first, and a client does not accept that.
      assertEquals((await ask("10.77.0.2")).code, 3);
    },
  ),
);

const LACKS_IPV6 = `
  echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6
  printf '127.0.0.1 localhost\\n::1 localhost\\n' > "$1"
  mount --bind "$1" /etc/hosts && shift && exec "$@"`;

for (const transport of ["datagram", "mmsg"]) {
  const needs = {
    ...source.needs,
    commands: ["ip", "mount", "python3", "sh"],
    permissions: [...source.needs.permissions ?? [], { name: "write" } as const],
    root: true,
  };
  Deno.test(
    await where(
      needs,
      `network (source): localhost has an IPv6 address that this machine lacks (${transport})`,
      async () => {
        await using cable = await Cable.lay();
        const hosts = await Deno.makeTempFile();
        const inside = (...command: readonly string[]): [string, ...string[]] =>
          cable.onServer("sh", "-c", LACKS_IPV6, "sh", hosts, ...command);
        try {
          const options = ["--transport", transport, "--control", "localhost:8890"];
          await using server = new Running(
            inside(...source.timesrv, ...options, "ntp://localhost:1123"),
          );
          await server.waitFor(/Warning: Cannot listen on udp \[::1\]:1123: not an address/);
          await server.waitFor(/Serving ntp on udp 127\.0\.0\.1:1123\n/);
          await server.waitFor(/Control interface on /);
          for (
            const words of [
              "-q ntp://localhost:1123",
              "--count 2 localhost:1123",
              "compare --count 2 localhost:1123 127.0.0.1:1123",
              "check localhost:1123",
              "wait --within 1s localhost:1123",
              "watch --count 1 localhost:1123",
              "explain ntp://localhost:1123",
              "bench --count 10 ntp://localhost:1123",
              "control state --url http://localhost:8890",
            ]
          ) {
            const { code, stderr } = await run(inside(...source.timecli, ...words.split(" ")));
            assertEquals(code, 0, `${words}: ${stderr}`);
          }
          // There is no name server.
          for (
            const [words, expected] of [
              ["ntp://name.test", 12],
              ["--count 2 name.test", 12],
              ["check name.test", 3],
              ["explain name.test", 12],
              ["bench name.test", 12],
              ["control state --url http://name.test:8890", 12],
            ] as const
          ) {
            const outcome = await run(inside(...source.timecli, ...words.split(" ")));
            assertEquals(outcome.code, expected, words);
            assertMatch(outcome.stdout + outcome.stderr, /No name server answered for name\.test/);
          }
          const unnamed = await run(inside(...source.timesrv, "ntp://name.test"));
          assertEquals(unnamed.code, 1);
          assertMatch(unnamed.stderr, /No name server answered for name\.test/);
          assertEquals((await server.stop()).code, 0);
        } finally {
          await Deno.remove(hosts);
        }
      },
    ),
  );

  Deno.test(
    await where(
      needs,
      `network (source): a kernel without IPv6 serves and queries IPv4 (${transport})`,
      async () => {
        await using cable = await Cable.lay();
        const inside = (...command: readonly string[]): [string, ...string[]] =>
          cable.onServer("python3", `${root}tests/e2e/without_ipv6.py`, ...command);
        const urls = ["ntp://0.0.0.0:1123", "ntp://[::]:1123"];
        await using server = new Running(
          inside(...source.timesrv, "--transport", transport, ...urls),
        );
        if (transport === "mmsg") {
          await server.waitFor(/Warning: Cannot listen on udp \[::\]:1123: this machine has no/);
        }
        await server.waitFor(/Serving ntp on udp (0\.0\.0\.0|127\.0\.0\.1):1123\n/);
        const outcome = await run(inside(...source.timecli, "--json", "ntp://127.0.0.1:1123"));
        assertEquals(answerer(outcome), "127.0.0.1");
        for (const words of ["ntp://[::1]:1123", "bench ntp://[::1]:1123"]) {
          const { code, stderr } = await run(inside(...source.timecli, ...words.split(" ")));
          assertEquals(code, 6, stderr);
        }
        assertEquals((await server.stop()).code, 0);
      },
    ),
  );
}
