import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { toTimestamp } from "../../src/protocols/ntp/timestamp.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, testsOf } from "../support/programs.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";
import { freePort } from "../support/udp_client.ts";
import { until, within } from "../support/wait.ts";
import { assertDocumented } from "../support/documented.ts";
import { watchErrors } from "../support/timecli_usage_errors.ts";

/** Kiss codes. */
const [RATE, DENY] = [0x52415445, 0x44454e59];

const few = ["--interval", "0.05", "--count", "3"] as const;

for (const { kind, needs, timecli } of await bothPrograms()) {
  const watch = [...timecli, "watch"] as const;
  const test = testsOf("timecli watch", { kind, needs });

  Deno.test(
    await test("reports a mistake on its command line in one line", async () => {
      for (const [args, message] of watchErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...watch, ...args]);
        assertMatch(stderr, /^timecli: [^\n]+\n$/);
        assertMatch(stderr, message);
        assertEquals([code, stdout], [2, ""]);
      }
    }),
  );

  Deno.test(
    await test("is listed in the help, and has help of 80 columns", async () => {
      assertMatch((await run([...timecli, "--help"])).stdout, /^ {2}watch +\w/m);
      const { code, stdout } = await run([...watch, "--help"]);
      assertEquals(code, 0);
      for (const line of stdout.split("\n")) assert(line.length <= 80, line);
      for (const word of ["--interval", "--plot", "Keys:", "Exit codes:"]) {
        assert(stdout.includes(word), word);
      }
    }),
  );

  Deno.test(
    await test("prints one line per exchange, and statistics at the end", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      const { code, stdout, stderr } = await run([...watch, ...few, url]);
      assertEquals([code, stderr], [0, ""]);
      const lines = stdout.trimEnd().split("\n");
      for (const line of lines.slice(0, 3)) {
        assertMatch(line, /^\S+\.\d{3}Z {2}ntp:\S+ {2}offset .+ [±+].+ {2}delay .+ {2}stratum 10$/);
      }
      assertEquals(lines[3], "");
      assertMatch(lines[4] ?? "", /^SERVER +SENT +LOST +OFFSET +MIN +MAX +STDDEV +JITTER +DELAY$/);
      assertMatch(lines[5] ?? "", new RegExp(`^${url} +3 +0 +[-+][\\d.]+ [mµn]?s +[-+]`));
      assertEquals(lines.length, 6);
    }),
  );

  Deno.test(
    await test("prints JSON lines and CSV, for a server that fails too", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const urls = [server.addresses[0]?.url ?? "", `asctime://127.0.0.1:${freePort()}`];
      const json = await run([...watch, ...few, "--json", ...urls]);
      assertEquals([json.code, json.stderr], [4, ""]);
      const events = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      for (const event of events) assertDocumented(event, "watch");
      assertEquals(
        events.map(({ event, url, error }) => [event, url, error?.reason]).toSorted(),
        [
          ...Array(3).fill(["exchange", urls[0], undefined]),
          ...Array(3).fill(["exchange", urls[1], "refused"]),
          ["gone", urls[1], "refused"],
        ].toSorted(),
      );
      const csv = await run([...watch, ...few, "--csv", ...urls]);
      assertEquals([csv.code, csv.stderr], [4, ""]);
      const [head = [], ...rows] = csv.stdout.split("\r\n").map((line) => line.split(","));
      assertEquals(head.slice(0, 2), ["at", "url"]);
      assertEquals(rows.pop(), [""]);
      const reasons = rows.map((row) => row[head.indexOf("error_reason")]);
      assertEquals(reasons.toSorted(), ["", "", "", ...Array(4).fill("refused")]);
      const kinds = rows.map((row) => row[head.indexOf("event")]);
      assertEquals(kinds.toSorted(), [...Array(6).fill("exchange"), "gone"]);
    }),
  );

  Deno.test(
    await test("has JSON of every kind of event", async () => {
      const now = (seconds: bigint): { receiveTimestamp: bigint; transmitTimestamp: bigint } => {
        const at = toTimestamp(Temporal.Now.instant()) + (seconds << 32n);
        return { receiveTimestamp: at, transmitTimestamp: at + 1n };
      };
      const kiss = (code: number): object => ({ stratum: 0, leap: 3, referenceId: code });
      const replies = [
        () => ({}),
        () => ({ stratum: 3, leap: 1 }),
        () => ({ stratum: 3, leap: 1, ...now(10n) }),
        () => ({ stratum: 3, leap: 1, ...now(10n) }),
        () => kiss(RATE),
        () => kiss(DENY),
      ];
      await using server = scriptedServer(
        (socket, from, count, octets) =>
          socket.send(ntpReply(octets, replies[count - 1]?.()), from),
        "ntp",
      );
      const { stdout } = await run([...watch, "--interval", "0.05", "--json", server.url]);
      const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      for (const event of events) assertDocumented(event, "watch");
      const kinds = events.map(({ event, error }) => error?.reason ?? event);
      assertEquals(kinds, [
        ...["exchange", "exchange", "stratum", "leap", "exchange", "exchange", "step"],
        ...["kiss_o_death", "kiss", "kiss_o_death", "kiss"],
      ]);
    }),
  );

  Deno.test(
    await test("ends at Ctrl-C and SIGTERM with its results, and after a duration", async () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        await using server = await serve("time://127.0.0.1:0");
        const url = server.addresses[0]?.url ?? "";
        await using running = new Running([...watch, "-i", "100ms", url], { stdout: "piped" });
        // It sends no request before it has read the reply.
        await until(() => server.totals.answered > 1, 20);
        const { code } = await running.stop(signal);
        assertEquals([code, running.stderr], [0, ""]);
        assertMatch(running.stdout, /\nSERVER +SENT [^]*\ntime:\S+ +\d+ +0 +[-+]/);
      }
      await using server = await serve("time://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      assertEquals((await run([...watch, "--duration", "0.5", "--csv", url])).code, 0);
    }),
  );

  Deno.test(
    await test("reports that nothing was measured in time", async () => {
      await using silent = scriptedServer(() => {});
      const { code, stdout, stderr } = await run([...watch, "--duration", "0.1", silent.url]);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^timecli: Stopped before anything was measured\n$/);
    }),
  );

  Deno.test(
    await test("ends quietly when its reader is gone", async () => {
      await using server = await serve("time://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      for (const form of ["--json", "--csv", "-6"]) {
        const command = [...watch, "--interval", "0.05", ...(form === "-6" ? [] : [form]), url];
        const piped = ["bash", "-c", '"$@" | head -n 2; echo "${PIPESTATUS[0]}"', "bash"] as const;
        const { stdout, stderr } = await within(20, run([...piped, ...command]));
        assertEquals([stdout.split("\n").slice(2), stderr], [["0", ""], ""]);
      }
    }, { ...needs, commands: ["bash"] }),
  );

  Deno.test(
    await test("writes a picture where it is permitted to", async () => {
      const folder = await Deno.makeTempDir();
      try {
        await using server = await serve("ntp://127.0.0.1:0");
        const url = server.addresses[0]?.url ?? "";
        const file = `${folder}/out.svg`;
        await Deno.writeTextFile(file, "x".repeat(1e6));
        const permitted = kind === "source"
          ? [Deno.execPath(), "run", "--quiet", "-A", "--config", `${root}deno.json`]
            .concat(`${root}client.ts`)
          : timecli;
        const [command = "", ...args] = permitted;
        const plot = [command, ...args, "watch", ...few, url, "--plot"] as const;
        assertEquals((await run([...plot, file])).code, 0);
        const picture = await Deno.readTextFile(file);
        assertMatch(picture.slice(0, 200), /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
        assert(picture.endsWith("</svg>\n"));
        const nowhere = await run([...plot, `${folder}/none/out.svg`]);
        assertMatch(
          nowhere.stderr,
          /^timecli: Cannot write the picture to \S+: there is no such folder\n$/,
        );
        assertEquals([nowhere.code, nowhere.stdout], [1, ""]);
        const silent = [`127.0.0.1:${freePort()}`, "-n1", "-t", "0.1", "--plot"] as const;
        for (const path of [file, `${folder}/new.svg`]) {
          const failed = await run([command, ...args, "watch", ...silent, path]);
          assertMatch(
            failed.stderr,
            /^timecli: No picture is written to \S+: no time was received\n$/,
          );
          assertEquals(failed.code, 4);
        }
        assertEquals(await Deno.readTextFile(file), picture);
        const entries = await Array.fromAsync(Deno.readDir(folder));
        assertEquals(entries.map(({ name }) => name), ["out.svg"]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }, { ...needs, permissions: [...(needs.permissions ?? []), { name: "write" }] }),
  );

  if (kind === "source") {
    Deno.test(
      await test("reports in one line that it may not write a picture", async () => {
        const { code, stdout, stderr } = await run([...watch, "127.1:9", "--plot", "/tmp/out.svg"]);
        assertMatch(stderr, /^timecli: [^\n]*write access to "\/tmp\/out\.svg"[^\n]*\n$/);
        assertEquals([code, stdout], [1, ""]);
      }),
    );
  }
}
