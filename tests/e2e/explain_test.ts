/** `timecli explain` as a person runs it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { queryExitCodes } from "../../src/cli/shared/errors.ts";
import { pcap, udp } from "../explain/capture/files.ts";
import { type Outcome, run, Running } from "../support/process.ts";
import { bothPrograms, root, startServer, testsOf } from "../support/programs.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";
import { within } from "../support/wait.ts";
import { assertDocumented } from "../support/documented.ts";
import { explainErrors } from "../support/timecli_usage_errors.ts";

function assertFits({ stdout, stderr }: Outcome): void {
  for (const line of stdout.split("\n")) assert(line.length <= 80, line);
  assertMatch(stdout, /^(?:[^\p{Cc}\p{Cf}]*\n)*$/u);
  assertMatch(stderr, /^(?:timecli: [^\p{Cc}\p{Cf}]*\n)?$/u);
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A capture of NTP requests from as many sockets. */
function unansweredRequests(count: number): Uint8Array<ArrayBuffer> {
  const packet = udp([10, 0, 0, 1], 1024, [192, 0, 2, 1], 123, new Uint8Array(48).fill(0x23, 0, 1));
  const one = pcap([{ seconds: 1_795_370_400, fraction: 0, octets: packet }], { linkType: 101 });
  const [header, record] = [one.subarray(0, 24), one.subarray(24)];
  const file = new Uint8Array(header.length + count * record.length);
  file.set(header);
  for (let i = 0; i < count; i++) {
    const at = header.length + i * record.length;
    file.set(record, at);
    // The end of the sender's address in the IPv4 packet.
    file.set([i >>> 16, i >>> 8, i], at + 16 + 13);
  }
  return file;
}

for (const { kind, needs, timecli, timesrv } of await bothPrograms()) {
  const explain = [...timecli, "explain"] as const;
  const test = testsOf("timecli explain", { kind, needs });

  Deno.test(
    await test("explains every protocol of a server", async () => {
      for (
        const [protocol, octets] of [["ntp", 48], ["time", 4], ["daytime", 26], [
          "asctime",
          24,
        ]] as const
      ) {
        const { server, port } = await startServer(timesrv, [`${protocol}://127.0.0.1:0`]);
        await using _server = server;
        const outcome = await run([...explain, `${protocol}://127.0.0.1:${port}`]);
        assertEquals([outcome.code, outcome.stderr], [0, ""]);
        assertFits(outcome);
        assert(
          outcome.stdout.startsWith(`${protocol}://127.0.0.1:${port}\n\nRequest: `),
          outcome.stdout,
        );
        assert(outcome.stdout.includes(`\nReply: ${octets} octets\n`), outcome.stdout);
        assertEquals(outcome.stdout.includes("FAIL"), false);
        assertEquals(outcome.stdout.includes("The four times"), protocol === "ntp");
        const json = await run([...explain, "--json", `${protocol}://127.0.0.1:${port}`]);
        const explained = JSON.parse(json.stdout);
        assertDocumented(explained, "explain");
        const { protocol: told, reply, tests } = explained;
        const length = reply.fields.filter(({ bits = "" }) => !bits.startsWith("."))
          .reduce((sum: number, field: { length: number }) => sum + field.length, 0);
        assertEquals([told, length, json.code], [protocol, octets, 0]);
        assert(tests.every(({ result }: { result: string }) => result === "passed"));
      }
    }),
  );

  Deno.test(
    await test("shows a hostile reply beside what is wrong with it", async () => {
      const RATE = 0x52415445;
      for (
        const [reason, protocol, reply] of [
          [
            "kiss_o_death",
            "ntp",
            (request) => ntpReply(request, { stratum: 0, leap: 3, referenceId: RATE }),
          ],
          ["unsynchronized", "ntp", (request) => ntpReply(request, { leap: 3 })],
          ["unusable", "ntp", (request) => ntpReply(request, { precision: 127 })],
          ["bogus_reply", "ntp", (request) => ntpReply(request, { originTimestamp: 1n })],
          ["bogus_reply", "ntp", () => encode("\x1b[2J".repeat(12))],
          ["not_a_time", "time", () => encode("\x1b[2J!")],
          ["not_a_time", "daytime", () => new Uint8Array(65_507).fill(0x1b)],
          ["not_a_time", "asctime", () => new Uint8Array()],
        ] as const satisfies readonly [
          keyof typeof queryExitCodes,
          "ntp" | "time" | "daytime" | "asctime",
          (request: Uint8Array) => Uint8Array,
        ][]
      ) {
        await using hostile = scriptedServer(
          (socket, from, _count, request) => socket.send(reply(request), from),
          protocol,
        );
        // The wait for a reply that belongs to the request takes all of its time.
        const limit = ["-t", reason === "bogus_reply" ? "1" : "10"];
        const outcome = await run([...explain, ...limit, hostile.url]);
        assertEquals(outcome.code, queryExitCodes[reason], `${reason}: ${outcome.stderr}`);
        assertFits(outcome);
        assertMatch(outcome.stdout, /^ {2}FAIL {2}/m);
        assertMatch(outcome.stderr, /^timecli: [^\n]+\n$/);
        const json = await run([...explain, "--json", ...limit, hostile.url]);
        const explained = JSON.parse(json.stdout);
        assertDocumented(explained, "explain");
        assertEquals([json.code, explained.error.reason], [outcome.code, reason]);
      }
    }),
  );

  Deno.test(
    await test("reports in one line that no reply came", async () => {
      await using silent = scriptedServer(() => {});
      const { code, stdout, stderr } = await within(
        20,
        run([...explain, "-t", "0.2", silent.url]),
      );
      assertEquals([code, stdout], [queryExitCodes.timeout, ""]);
      assertMatch(stderr, /^timecli: No reply from [^\n]+\n$/);
    }),
  );

  Deno.test(
    await test("decodes octets without a network, and reports what is wrong with them", async () => {
      const { code, stdout, stderr } = await run([...explain, "--hex", "/ 83 aa 7e 80"]);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /83aa7e80 +Seconds since 1900 +2208988800 = 1970-01-01T00:00:00Z$/m);
      for (const [args, message] of explainErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...explain, ...args]);
        assertEquals([code, stdout], [2, ""], stderr);
        assertMatch(stderr, message);
      }
      const text = await run([...explain, "--protocol", "daytime", "--hex", "/00"]);
      assertEquals(text.code, queryExitCodes["not_a_time"]);
    }),
  );

  Deno.test(
    await test("explains a capture of another program", async () => {
      const folder = await Deno.makeTempDir();
      try {
        const request = new Uint8Array(48);
        request[0] = 0x23;
        request.set([1, 2, 3, 4, 5, 6, 7, 8], 40);
        const lines = [request, ntpReply(request)].map((octets, i) =>
          `${"IO".charAt(i)} 2026-11-22 18:00:00.00${i}\n0000 ${
            octets.toHex().replaceAll(/../g, "$& ")
          }\n`
        );
        await Deno.writeTextFile(`${folder}/hex`, lines.join("\n"));
        for (const format of ["pcap", "pcapng"]) {
          const file = `${folder}/capture.${format}`;
          const made = await run([
            "text2pcap",
            ...["-q", "-F", format, "-D", "-t", "%Y-%m-%d %H:%M:%S.%f"],
            ...["-4", "192.0.2.1,192.0.2.2", "-u", "40000,123", `${folder}/hex`, file],
          ], { env: { TZ: "UTC" } });
          assertEquals(made.code, 0, made.stderr);
          const shell = [
            "sh",
            "-c",
            'file=$1; shift; exec "$@" --capture - <"$file"',
            "sh",
          ] as const;
          const outcome = await run([...shell, file, ...explain]);
          assertFits(outcome);
          assertMatch(
            outcome.stdout,
            /^standard input, exchange 1 of 1: 192\.0\.2\.1:40000 and\s+ntp:\/\/192\.0\.2\.2:123\n/,
          );
          assertMatch(outcome.stdout, /T1 {2}18:00:00\.000000000 .*\n.*1\.000 ms/);
          const second = await run([...shell, file, ...explain, "--exchange", "2"]);
          assertEquals([second.code, second.stdout], [1, ""]);
          assertMatch(
            second.stderr,
            /^timecli: standard input has one exchange, and no number 2\n$/,
          );
          const direct = await run([...explain, "--capture", file]);
          if (kind === "compiled") assertMatch(direct.stdout, /exchange 1 of 1/);
          else {
            assertEquals([direct.code, direct.stdout], [1, ""]);
            assertMatch(direct.stderr, /^timecli: [^\n]* --allow-read=[^\n]*\n$/);
          }
        }
        const none = await run([
          "sh",
          "-c",
          'exec "$@" --capture - <"$0"',
          `${folder}/hex`,
          ...explain,
        ]);
        assertEquals([none.code, none.stdout], [1, ""]);
        assertMatch(none.stderr, /^timecli: Cannot read standard input: neither[^\n]+\n$/);
        const endless = await run([
          "sh",
          "-c",
          'exec "$@" --capture - </dev/zero',
          "sh",
          ...explain,
        ]);
        assertEquals([endless.code, endless.stdout], [1, ""]);
        assertMatch(endless.stderr, /^timecli: Cannot read standard input: neither[^\n]+\n$/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }, {
      ...needs,
      commands: ["text2pcap", "sh"],
      permissions: [...needs.permissions ?? [], { name: "write" }],
    }),
  );

  Deno.test(
    await test("reads a capture of any length in little memory", async () => {
      const COUNT = 200_000;
      await using client = new Running([...explain, "--capture", "-", "--exchange", "1"], {
        stdin: "piped",
        stdout: "piped",
      });
      const writer = client.child.stdin.getWriter();
      await within(60, writer.write(unansweredRequests(COUNT)));
      const status = await Deno.readTextFile(`/proc/${client.child.pid}/status`);
      await writer.close();
      const { code } = await client.ended(60);
      assertEquals(code, queryExitCodes.timeout, client.stderr);
      assertMatch(client.stdout, new RegExp(`^standard input, exchange 1 of ${COUNT}: `));
      // With every request in memory it would be 400.
      const peakMib = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
      assert(peakMib < 200, `${peakMib} MiB`);
    }, { ...needs, files: [...(needs.files ?? []), "/proc/self/status"] }),
  );

  Deno.test(
    await test("fits a terminal, with colour unless NO_COLOR is set", async () => {
      const { server, port } = await startServer(timesrv, ["ntp://127.0.0.1:0"]);
      await using _server = server;
      for (const NO_COLOR of ["", "1"]) {
        const wrapper = ["python3", `${root}tests/e2e/on_terminal.py`, "80"] as const;
        const { code, stderr } = await run(
          [...wrapper, ...explain, `ntp://127.0.0.1:${port}`],
          { env: { NO_COLOR } },
        );
        assertEquals([code, stderr.includes("\x1b[32mok")], [0, NO_COLOR === ""]);
        // deno-lint-ignore no-control-regex -- an escape sequence is what is looked for
        const text = stderr.replace(/\x1b\[[\d;]*[A-Za-z]/g, "");
        for (const line of text.split("\r\n")) assert(line.length <= 80, line);
      }
    }, { ...needs, commands: ["python3"] }),
  );
}
