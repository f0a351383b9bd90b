import { assert, assertEquals, assertMatch } from "@std/assert";
import { bothPrograms, type Outcome, root, run, Running, where } from "../support/programs.ts";
import { within } from "../support/traffic.ts";

const text = "Fri Apr  3 21:09:36 2020";

/** A server in this process that sends whatever a test wants: nothing, one reply or several. */
class Peer implements Disposable {
  /** What was asked of it. */
  readonly requests: string[] = [];
  readonly #socket: Deno.DatagramConn;

  constructor(replies: readonly Uint8Array[], hostname = "127.0.0.1") {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    void this.#serve(replies);
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  async #serve(replies: readonly Uint8Array[]): Promise<void> {
    for await (const [request, client] of this.#socket) {
      this.requests.push(new TextDecoder().decode(request));
      for (const reply of replies) await this.#socket.send(reply, client);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

function assertAnswer(outcome: Outcome, stdout: string): void {
  assertEquals(outcome, { code: 0, stdout, stderr: "" });
}

for (const { kind, needs, timecli } of await bothPrograms()) {
  const test = (
    name: string,
    fn: () => Promise<void>,
    more = needs,
  ): Promise<Deno.TestDefinition> => where(more, `timecli (${kind}): ${name}`, fn);

  Deno.test(
    await test("prints the reply, and asks in the classic words", async () => {
      using peer = new Peer([encode(text)]);
      for (
        const target of [
          `127.0.0.1:${peer.port}`,
          `asctime://127.0.0.1:${peer.port}`,
          `ASCTIME://127.0.0.1:${peer.port}/`,
          `127.1:${peer.port}`,
        ]
      ) {
        assertAnswer(await run([...timecli, target]), `Reply from time server: ${text}\n`);
      }
      assertEquals(peer.requests, Array(4).fill("Time request"));
      assertAnswer(await run([...timecli, "-q", `127.0.0.1:${peer.port}`]), `${text}\n`);
    }),
  );

  Deno.test(
    await test("prints JSON with the documented keys", async () => {
      using peer = new Peer([encode(`${text}\r\n`)]);
      const before = Date.now();
      const { code, stdout, stderr } = await run([...timecli, `127.0.0.1:${peer.port}`, "--json"]);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^[^\n]+\n$/);
      const { received, round_trip, ...rest } = JSON.parse(stdout);
      assertEquals(rest, {
        schema: 1,
        url: `asctime://127.0.0.1:${peer.port}`,
        protocol: "asctime",
        address: "127.0.0.1",
        port: peer.port,
        text,
        time: "2020-04-03T21:09:36",
      });
      assert(round_trip > 0 && round_trip < 3, String(round_trip));
      assert(Date.parse(received) >= before && Date.parse(received) <= Date.now(), received);
    }),
  );

  Deno.test(
    await test("asks an IPv6 address", async () => {
      using peer = new Peer([encode(text)], "::1");
      for (const target of [`[::1]:${peer.port}`, `asctime://[::1]:${peer.port}`]) {
        assertAnswer(await run([...timecli, target, "-q"]), `${text}\n`);
      }
      assertAnswer(await run([...timecli, "-6", "-q", `[0:0::1]:${peer.port}`]), `${text}\n`);
    }, { ...needs, ipv6: true }),
  );

  Deno.test(
    await test("asks the IPv4 address of a name with -4, and an address carried in IPv6", async () => {
      using peer = new Peer([encode(text)]);
      assertAnswer(await run([...timecli, "-4", "-q", `localhost:${peer.port}`]), `${text}\n`);
      assertAnswer(await run([...timecli, "-q", `[::ffff:127.0.0.1]:${peer.port}`]), `${text}\n`);
    }),
  );

  Deno.test(
    await test("takes options from the environment, below the command line", async () => {
      using peer = new Peer([encode(text)]);
      const target = `127.0.0.1:${peer.port}`;
      for (
        const [env, args, stdout] of [
          [{ TIMECLI_QUIET: "1" }, [], `${text}\n`],
          [{ TIMECLI_QUIET: "0" }, [], `Reply from time server: ${text}\n`],
          [{ TIMECLI_RETRIES: "nonsense" }, ["--retries", "0", "-q"], `${text}\n`],
        ] as const
      ) {
        assertAnswer(await run([...timecli, target, ...args], { env }), stdout);
      }
      const { code, stdout } = await run([...timecli, target], { env: { TIMECLI_JSON: "yes" } });
      assertEquals([code, JSON.parse(stdout).text], [0, text]);
      for (const [variable, value] of [["TIMEOUT", "soon"], ["TIMEOUT", ""], ["RETRIES", "-1"]]) {
        const env = { [`TIMECLI_${variable}`]: value ?? "" };
        const { code, stdout, stderr } = await run([...timecli, target], { env });
        assertMatch(stderr, new RegExp(`^timecli: [^\n]*TIMECLI_${variable}[^\n]*\n$`));
        assertEquals([code, stdout], [2, ""]);
      }
    }),
  );

  Deno.test(
    await test("takes the first of several replies, and asks only once then", async () => {
      using peer = new Peer([encode(text), encode("Sat Apr  4 21:09:36 2020"), encode("junk")]);
      assertAnswer(await run([...timecli, "-q", `127.0.0.1:${peer.port}`]), `${text}\n`);
      assertEquals(peer.requests.length, 1);
    }),
  );

  Deno.test(
    await test("asks as often as it is told while nobody answers", async () => {
      for (const [retries, times] of [[0, 1], [2, 3]] as const) {
        using peer = new Peer([]);
        const options = ["--timeout", "0.3", "--retries", String(retries)];
        const { code } = await run([...timecli, ...options, `127.0.0.1:${peer.port}`]);
        assertEquals([code, peer.requests.length], [3, times]);
      }
    }),
  );

  Deno.test(
    await test("needs neither standard input nor anybody to read its answer", async () => {
      using peer = new Peer([encode(text)]);
      for (
        const [redirection, codes] of [
          ["<&-", [0]],
          [">&-", [0, 1]],
          ["> >(:)", [0, 1]],
          ["<&- >&- 2>&-", [0, 1]],
        ] as const
      ) {
        const shell = ["bash", "-c", `exec "$@" ${redirection}`, "sh"] as const;
        const { code, stderr } = await run([...shell, ...timecli, `127.0.0.1:${peer.port}`]);
        assert((codes as readonly number[]).includes(code), `${redirection}: ${code}`);
        assertEquals(stderr, "");
      }
    }, { ...needs, commands: ["bash"] }),
  );

  Deno.test(
    await test("says why its answer cannot be written", async () => {
      using peer = new Peer([encode(text)]);
      const shell = ["sh", "-c", 'exec "$@" >/dev/full', "sh"] as const;
      const { code, stderr } = await run([...shell, ...timecli, `127.0.0.1:${peer.port}`]);
      assertMatch(stderr, /^timecli: [^\n]*No space left[^\n]*\n$/);
      assertEquals(code, 1);
    }, { ...needs, commands: ["sh"], files: [...(needs.files ?? []), "/dev/full"] }),
  );

  Deno.test(
    await test("ends on SIGINT while it waits", async () => {
      using peer = new Peer([]);
      await using client = new Running([...timecli, "-t", "60", `127.0.0.1:${peer.port}`]);
      while (peer.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const { success, signal } = await within(5, client.stop("SIGINT"));
      assertEquals([success, client.stderr], [false, ""]);
      assert(signal === "SIGINT" || signal === null);
    }),
  );

  Deno.test(
    await test("prints help and its version to standard output", async () => {
      const help = await run([...timecli, "--help"]);
      assertEquals([help.code, help.stderr], [0, ""]);
      assertMatch(help.stdout, /^Usage: timecli \[options\]/);
      for (const line of help.stdout.split("\n")) assert(line.length <= 80, line);
      for (const word of ["--timeout", "--json", "Examples:", "Exit codes:", "TIMECLI_"]) {
        assert(help.stdout.includes(word), word);
      }
      const version = await run([...timecli, "-V"]);
      assertEquals([version.code, version.stderr], [0, ""]);
      assertMatch(version.stdout, /^timecli \d+\.\d+\.\d+ \(Deno \d+\.\d+\.\d+\)\n$/);
    }),
  );

  Deno.test(
    await test("fits its help to the terminal, in bold unless NO_COLOR is set", async () => {
      for (const [columns, NO_COLOR] of [[72, ""], [80, "1"], [200, ""]] as const) {
        const wrapper = ["python3", `${root}tests/e2e/on_terminal.py`, String(columns)] as const;
        const outcome = await run([...wrapper, ...timecli, "--help"], { env: { NO_COLOR } });
        assertEquals(outcome.code, 0);
        assertEquals(outcome.stderr.includes("\x1b[1m"), NO_COLOR === "");
        // deno-lint-ignore no-control-regex -- an escape sequence is what is looked for
        const plain = outcome.stderr.replace(/\x1b\[[\d;]*[A-Za-z]/g, "");
        const options = plain.split("\r\n").filter((line) => /^ +-/.test(line));
        assert(options.length >= 7);
        for (const line of options) assert(line.length <= columns, line);
        if (NO_COLOR === "1") assertEquals(outcome.stderr, plain);
      }
    }, { ...needs, commands: ["python3"] }),
  );
}
