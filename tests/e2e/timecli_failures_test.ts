import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { type Outcome, run } from "../support/process.ts";
import { bothPrograms, root, source, startServer, testsOf } from "../support/programs.ts";
import { freePort } from "../support/udp_client.ts";
import { Cable } from "./cable.ts";
import { timecliErrors } from "../support/timecli_usage_errors.ts";
import { within } from "../support/wait.ts";

/** One line of printable characters on standard error, and nothing else. */
function assertFailure(outcome: Outcome, code: number, message: RegExp): void {
  // deno-lint-ignore no-control-regex -- nothing a stranger sent may reach a terminal
  assertMatch(outcome.stderr, /^timecli: [^\0-\x1f\x7f-\x9f]+\n$/);
  assertMatch(outcome.stderr, message);
  assertEquals([outcome.code, outcome.stdout], [code, ""], outcome.stderr);
}

const everyOctet = Uint8Array.from({ length: 256 }, (_, octet) => octet);
const notTimes: readonly (readonly [string, Uint8Array])[] = [
  ["an empty datagram", new Uint8Array()],
  ["spaces", new Uint8Array(24).fill(0x20)],
  ["terminal controls", new TextEncoder().encode("\x1b[2J\x1b]0;title\x07\x9b31m\r\n\u202e")],
  ["the largest datagram", new Uint8Array(65_507).fill(0x41)],
  ["a 30 February", new TextEncoder().encode("Sun Feb 30 21:09:36 2020")],
  ["two times", new TextEncoder().encode("Fri Apr  3 21:09:36 2020\nFri Apr  3 21:09:36 2020")],
  ["time and more", new TextEncoder().encode("Fri Apr  3 21:09:36 2020\n\x1b[31m")],
  ["an NTP packet", new Uint8Array(48).fill(0x24, 0, 1)],
  // Each octet comes within the part of a reply that is shown.
  ...Array.from({ length: 8 }, (_, i): [string, Uint8Array] => {
    return [`octets from ${i * 32}`, everyOctet.slice(i * 32, i * 32 + 32)];
  }),
];

for (const { kind, needs, timecli, timesrv } of await bothPrograms()) {
  const test = testsOf("timecli", { kind, needs });

  Deno.test(
    await test("reports a mistake on its command line in one line", async () => {
      for (const [args, message] of timecliErrors.slice(0, 2)) {
        assertFailure(await run([...timecli, ...args]), 2, message);
      }
    }),
  );

  Deno.test(
    await test("shows what is not a time escaped, on one line", async () => {
      const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
      try {
        const { port } = socket.addr as Deno.NetAddr;
        for (const [what, reply] of notTimes) {
          const asked = run([...timecli, "--retries=0", `asctime://127.0.0.1:${port}`]);
          const [, client] = await within(10, socket.receive());
          await socket.send(reply, client);
          const outcome = await asked;
          assertFailure(outcome, 7, new RegExp(`127\\.0\\.0\\.1:${port} is not a time: "`));
          assertEquals(outcome.stderr.length < 400, true, what);
        }
      } finally {
        socket.close();
      }
    }),
  );

  Deno.test(
    await test("waits for the server that it queried, whatever others send", async () => {
      const options = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
      const [asked, stranger] = [Deno.listenDatagram(options), Deno.listenDatagram(options)];
      try {
        const { port } = asked.addr as Deno.NetAddr;
        const outcome = run([
          ...timecli,
          "-q",
          "--retries=0",
          "-t",
          "30",
          `asctime://127.0.0.1:${port}`,
        ]);
        const [, client] = await within(10, asked.receive());
        await stranger.send(new TextEncoder().encode("Thu Jan  1 00:00:00 1970"), client);
        await stranger.send(new TextEncoder().encode("junk"), client);
        await asked.send(new TextEncoder().encode("Fri Apr  3 21:09:36 2020"), client);
        assertEquals(await outcome, {
          code: 0,
          stdout: "Fri Apr  3 21:09:36 2020\n",
          stderr: "",
        });
      } finally {
        asked.close();
        stranger.close();
      }
    }),
  );

  Deno.test(
    await test("prints help for the command help", async () => {
      for (
        const [args, usage] of [[["help"], "timecli"], [["help", "compare"], "timecli compare"]]
      ) {
        const { code, stdout } = await run([...timecli, ...(args ?? [])]);
        assertEquals([code, stdout.startsWith(`Usage: ${usage} [options]`)], [0, true], stdout);
      }
    }),
  );

  Deno.test(
    await test("distinguishes the reasons for a missing reply", async () => {
      const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
      try {
        const { port } = silent.addr as Deno.NetAddr;
        assertFailure(
          await run([...timecli, "-t", "0.2", `asctime://127.0.0.1:${port}`]),
          3,
          new RegExp(`No reply from 127\\.0\\.0\\.1:${port} within 0\\.2 s`),
        );
      } finally {
        silent.close();
      }
      const port = freePort();
      assertFailure(
        await run([...timecli, `asctime://127.0.0.1:${port}`]),
        4,
        new RegExp(
          `Nothing listens on udp 127\\.0\\.0\\.1:${port}; .*: ${
            kind === "source" ? "deno task serve" : "timesrv"
          } asctime://127\\.0\\.0\\.1:${port}$`,
          "m",
        ),
      );
      assertFailure(await run([...timecli, "nosuch.invalid"]), 5, /nosuch\.invalid/);
      assertFailure(await run([...timecli, "-6", "127.0.0.1"]), 5, /127\.0\.0\.1 is not an IPv6/);
    }),
  );

  Deno.test(
    await test("does not report a multicast group or a broadcast as refused", async () => {
      // Requests leave for a network of the test's own, with a host that does not answer them.
      await using cable = await Cable.lay();
      await cable.shell(cable.client, "ip route add default dev cable");
      for (const target of ["224.0.0.1", "239.1.2.3", "255.255.255.255"]) {
        const outcome = await run(cable.onClient(...timecli, "-t", "0.3", target));
        assertFailure(outcome, 3, new RegExp(`No reply from ${target}:123 within 0\\.3 s`));
      }
    }, { ...needs, commands: ["ip"], root: true, ipv6: true }),
  );

  Deno.test(
    await test("reports that the network is unreachable", async () => {
      const outcome = await run(["unshare", "--net", ...timecli, "192.0.2.1"]);
      assertFailure(outcome, 6, /192\.0\.2\.1:123: .*unreachable/);
    }, { ...needs, commands: ["unshare"], root: true }),
  );

  Deno.test(
    await test("queries loopback when given the wildcard address", async () => {
      const { server, port } = await startServer(timesrv);
      await using _ = server;
      const { code } = await run([...timecli, `asctime://0.0.0.0:${port}`]);
      assertEquals(code, 0);
    }),
  );
}

const deno = source.timecli[0];
const needs = source.needs;
const script = [`--config=${root}deno.json`, `${root}client.ts`];

Deno.test(
  await where(needs, "timecli (source): names the Deno permission it lacks", async () => {
    for (
      const [flag, host] of [["--allow-net=127.0.0.2", "127.0.0.1"], ["--no-lock", "localhost"]]
    ) {
      const flags = ["run", "--quiet", "--no-prompt", flag ?? ""];
      const outcome = await run([deno, ...flags, ...script, `${host}:8888`]);
      assertFailure(outcome, 1, /permission: .*--allow-net/);
    }
  }),
);

Deno.test(
  await where(
    { ...needs, commands: ["python3"] },
    "timecli (source): queries on a terminal with --allow-net alone, and prompts for nothing",
    async () => {
      const { server, port } = await startServer(source.timesrv);
      await using _ = server;
      const wrapper = ["python3", `${root}tests/e2e/on_terminal.py`, "80"] as const;
      const flags = ["run", "--quiet", "--allow-net", ...script];
      for (const host of ["127.0.0.1", "localhost"]) {
        const env = { TIMECLI_BARE: "1" };
        const { code, stderr } = await run([
          ...wrapper,
          deno,
          ...flags,
          "-4",
          `asctime://${host}:${port}`,
        ], {
          env,
        });
        assertMatch(stderr, /^Reply from time server: \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}\r\n$/);
        assertEquals(code, 0);
      }
    },
  ),
);
