/** `timecli` against hostile servers and arguments. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ntpRequest } from "../../src/protocols/ntp/protocol.ts";
import { queryExitCodes } from "../../src/cli/shared/errors.ts";
import type { QueryFailure } from "../../src/protocols/failure.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import type { NtpPacket } from "../../src/protocols/ntp/packet.ts";
import { Flood } from "../support/flood.ts";
import { type Outcome, run, Running } from "../support/process.ts";
import { bothPrograms, testsOf } from "../support/programs.ts";
import { ntpReply, type ScriptedServer, scriptedServer } from "../support/scripted_server.ts";
import { poll } from "../support/wait.ts";

/** Lines of what every terminal only prints. */
const PRINTABLE = /^(?:[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*\n)*$/u;

function assertPrintable({ stdout, stderr }: Outcome): void {
  assertMatch(stdout, PRINTABLE);
  assertMatch(stderr, PRINTABLE);
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const TEXT = "Fri Apr  3 21:09:36 2020";

/** The replies of a server, and the failure that they must cause. */
type Hostile = readonly [
  ends: QueryFailure | "ok",
  protocol: Protocol,
  replies: (request: Uint8Array) => readonly Uint8Array[],
];

const kiss = (code: number, more: Partial<NtpPacket> = {}): Partial<NtpPacket> => {
  return { stratum: 0, leap: 3, referenceId: code, ...more };
};
const [RATE, DENY, CLEAR_SCREEN] = [0x52415445, 0x44454e59, 0x1b5b324a] as const;

const ntp = (...replies: Partial<NtpPacket>[]): Hostile[2] => (request) =>
  replies.map((fields) => ntpReply(request, fields));

const servers: readonly Hostile[] = [
  ["kiss_o_death", "ntp", ntp(kiss(RATE))],
  ["kiss_o_death", "ntp", ntp(kiss(DENY, { precision: 127, poll: 127, rootDelay: 65_535 }))],
  ["kiss_o_death", "ntp", ntp(kiss(CLEAR_SCREEN))],
  ["kiss_o_death", "ntp", ntp(kiss(0x20202020))],
  // A forged kiss-o'-death is not obeyed, and one after the reply comes too late.
  ["bogus_reply", "ntp", ntp(kiss(DENY, { originTimestamp: 1n }))],
  ["ok", "ntp", ntp(kiss(DENY, { originTimestamp: 1n }), { mode: 3 }, {}, kiss(DENY))],
  ["ok", "ntp", ntp({ stratum: 1, referenceId: CLEAR_SCREEN })],
  ["ok", "ntp", ntp({ version: 1, poll: -128, referenceTimestamp: 1n })],
  ["unsynchronized", "ntp", ntp({ leap: 3 })],
  ["unsynchronized", "ntp", ntp({ stratum: 16, precision: 127 })],
  ["unusable", "ntp", ntp({ receiveTimestamp: 0n, transmitTimestamp: 0n })],
  ["unusable", "ntp", ntp({ precision: 127 })],
  [
    "bogus_reply",
    "ntp",
    () => [encode("\x1b[2J".repeat(12)), encode(TEXT), new Uint8Array(65_507)],
  ],
  ["bogus_reply", "ntp", () => [ntpReply(ntpRequest().octets)]],
  ["not_a_time", "time", () => [encode(TEXT)]],
  ["not_a_time", "time", (request) => [request, new Uint8Array(4)]],
  ["ok", "time", () => [new Uint8Array(4)]],
  ["not_a_time", "daytime", () => [encode(" ".repeat(65_000) + "\x1b]0;owned\x07")]],
  ["not_a_time", "daytime", () => [encode(`3 APR 2020 21:09:36 \x1b[31m`)]],
  ["not_a_time", "daytime", () => [ntpReply(ntpRequest().octets)]],
  ["not_a_time", "daytime", () => [encode("\u202e2020-04-03T21:09:36Z")]],
  ["not_a_time", "asctime", () => [encode("NaN NaN NaN NaN:NaN:NaN NaN")]],
  ["not_a_time", "asctime", () => [encode("\n".repeat(65_000) + "x"), encode(TEXT)]],
  ["ok", "asctime", () => [encode(TEXT), encode("\x1b[2J")]],
];

function serve([_ends, protocol, replies]: Hostile): ScriptedServer {
  return scriptedServer(async (socket, from, _count, request) => {
    for (const octets of replies(request)) await socket.send(octets, from);
  }, protocol);
}

/** Enough for a server that replies, and short for those that do not. */
const patience = (ends: Hostile[0]): string => ends === "bogus_reply" ? "1" : "30";
const exitCode = (ends: Hostile[0]): number => ends === "ok" ? 0 : queryExitCodes[ends];

/** What would move a cursor, ring a bell or turn a line round; a host name may have no line break. */
const controls = ["\x1bc\x07\x7f\u009b2J\u202e\u{e0041}", "\u2028"];

for (const { kind, needs, timecli } of await bothPrograms()) {
  const test = testsOf("timecli", { kind, needs });

  Deno.test(
    await test("ends with the right failure for each hostile server, and prints nothing raw", async () => {
      for (const hostile of servers) {
        await using server = serve(hostile);
        const [ends] = hostile;
        const options = ["-r", "0", "-t", patience(ends), "--raw"];
        const outcome = await run([...timecli, ...options, server.url]);
        assertEquals(outcome.code, exitCode(ends), `${server.url}: ${outcome.stderr}`);
        assertPrintable(outcome);
      }
    }),
  );

  Deno.test(
    await test("distinguishes hostile servers queried together, in a table and in JSON", async () => {
      await using stack = new AsyncDisposableStack();
      const urls = servers.map((hostile) => stack.use(serve(hostile)).url);
      const args = ["-r", "0", "-t", "2", ...urls];
      const table = await run([...timecli, ...args]);
      assertPrintable(table);
      assertEquals(table.stdout.trimEnd().split("\n").length, 1 + servers.length);
      const json = await run([...timecli, "--json", "--raw", ...args]);
      assertPrintable(json);
      const ends = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line).error?.reason);
      assertEquals(ends.map((reason) => reason ?? "ok"), servers.map(([ends]) => ends));
      assertEquals([table.code, json.code], [8, 8]);
    }),
  );

  Deno.test(
    await test("ends in time in a flood, and keeps nothing of it", async () => {
      using flood = await Flood.start({ from: "server", good: "nothing" });
      await using client = new Running([...timecli, "-t", "2", `ntp://127.0.0.1:${flood.port}`]);
      let [ended, mostKib] = [false, 0];
      const status = client.child.status.finally(() => ended = true);
      // The kernel forgets the peak of a process with the process.
      const look = async (): Promise<boolean> => {
        const text = await Deno.readTextFile(`/proc/${client.child.pid}/status`).catch(() => "");
        mostKib = Math.max(mostKib, Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0));
        return ended;
      };
      await poll(30, look, (isOver) => isOver, 50);
      const { code } = await status;
      const sent = await flood.stop();
      assertEquals(code, queryExitCodes["bogus_reply"], client.stderr);
      assert(mostKib > 0 && mostKib < 500 * 1024, `${mostKib} KiB after ${sent} datagrams`);
    }, { ...needs, files: [...(needs.files ?? []), "/proc/self/status"] }),
  );

  Deno.test(
    await test("finds the good reply in a flood", async () => {
      using flood = await Flood.start({ from: "server", good: "ntp" });
      const outcome = await run([...timecli, "-t", "30", `ntp://127.0.0.1:${flood.port}`]);
      assertEquals([outcome.code, outcome.stderr], [0, ""]);
    }, { ...needs, permissions: [...(needs.permissions ?? []), { name: "read" }] }),
  );

  Deno.test(
    await test("shows control characters in its arguments escaped, on one line", async () => {
      for (const control of controls) {
        for (
          const args of [
            [`h${control}.invalid`],
            [`h${control}.invalid`, `two ${control}`],
            [`${control}://127.0.0.1`],
            [`[fe80::1%${control}]:1`],
            [`--${control}`],
            ["--timeout", control],
            ["--retries", `x${control}`],
            ["complete", control],
          ]
        ) {
          const outcome = await run([...timecli, ...args]);
          assertMatch(outcome.stderr, /^timecli: [^\n]*\\[xu][^\n]*\n$/);
          assertPrintable(outcome);
          assertEquals(outcome.code, 2, outcome.stderr);
        }
      }
    }),
  );
}
