/** What `timecli` prints for machines, held against its documents. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { queryExitCodes } from "../../src/cli/shared/errors.ts";
import { outcomeToJson } from "../../src/cli/timecli/query/json.ts";
import { assertDocumented, isDocumented } from "../support/documented.ts";
import { run } from "../support/process.ts";
import { bothPrograms, startServer, testsOf } from "../support/programs.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";

Deno.test("docs/timecli.schema.json refuses what is missing, and what does not belong", () => {
  const failure = outcomeToJson({ target: "x", error: new Error("no") }, false);
  assertDocumented(failure);
  const time = {
    ...{ schema: 1, url: "time://x:37", protocol: "time", address: "192.0.2.1", port: 37 },
    ...{ time: "2026-11-22T18:00:00Z" },
    ...{
      received: "2026-11-22T18:00:00.500000000Z",
      round_trip: 0.001,
      offset: -0.5,
      error_bound: 1.01,
    },
  };
  assertDocumented(time);
  const kiss = {
    ...{ schema: 1, url: "ntp://x:123", protocol: "ntp", address: "192.0.2.1", port: 123 },
    ...{ received: "2026-11-22T18:00:00.500000000Z", round_trip: 0.001, stratum: 0 },
    ...{ reference_id: "RATE", leap: "unsynchronized" },
    error: { reason: "kiss_o_death", message: "No" },
  };
  assertDocumented({ ...kiss, error: { ...kiss.error } });
  for (
    const wrong of [
      { ...time, schema: 2 },
      { ...time, offset: undefined },
      { ...time, time: "2026-11-22T18:00:00" },
      { ...time, stratum: 1 },
      { ...time, text: "2026-11-22T18:00:00Z" },
      { ...time, received: "2026-11-22T18:00:00.5Z" },
      { ...time, round_trip: -1 },
      { ...time, address: undefined },
      { ...time, t1: "2026-11-22T18:00:00Z" },
      { ...failure, error: { reason: "moon", message: "" } },
      { ...failure, error: undefined },
      { ...time, protocol: "ntp" },
      { ...time, protocol: "asctime", time: "2026-11-22T18:00:00" },
      { ...kiss, error: undefined },
      { ...kiss, offset: 0, error_bound: 1 },
      { ...kiss, text: "2026-11-22T18:00:00Z" },
      { ...kiss, stratum: undefined },
      { ...kiss, protocol: "time", stratum: undefined, reference_id: undefined, leap: undefined },
    ]
  ) {
    const plain = JSON.parse(JSON.stringify(wrong));
    assert(!isDocumented(plain), JSON.stringify(plain));
  }
});

for (const { kind, needs, timecli, timesrv } of await bothPrograms()) {
  const test = testsOf("timecli", { kind, needs });
  const askWithin = async (
    limit: string,
    ...args: string[]
  ): Promise<Record<string, unknown>[]> => {
    const { stdout } = await run([...timecli, "--json", "-t", limit, ...args]);
    return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  const ask = askWithin.bind(undefined, "10s");

  Deno.test(
    await test("--json of every protocol is as documented", async () => {
      const listeners = ["ntp", "time", "daytime", "asctime"].map((name) =>
        `${name}://127.0.0.1:0`
      );
      const { server } = await startServer(timesrv, [...listeners, "--daytime-format", "iso8601"]);
      await using _server = server;
      await server.waitFor(/Serving asctime on/);
      const targets = [...server.stderr.matchAll(/Serving (\w+) on udp (\S+)/g)]
        .map(([, name, address]) => `${name}://${address}`);
      assertEquals(targets.length, 4);
      for (const raw of [[], ["--raw"]]) {
        const objects = await ask(...targets, ...raw);
        for (const object of objects) assertDocumented(object);
        const [ntp, time, daytime, asctime] = objects;
        assertEquals([ntp?.["protocol"], "t1" in (ntp ?? {})], ["ntp", raw.length > 0]);
        assertEquals([time?.["protocol"], asctime?.["protocol"]], ["time", "asctime"]);
        assert(daytime && "utc_offset" in daytime);
      }
    }),
  );

  Deno.test(
    await test("--json of what fails is as documented", async () => {
      const RATE = 0x52415445;
      for (
        const [reason, protocol, reply] of [
          [
            "kiss_o_death",
            "ntp",
            (request) => ntpReply(request, { stratum: 0, referenceId: RATE }),
          ],
          ["unsynchronized", "ntp", (request) => ntpReply(request, { leap: 3, stratum: 255 })],
          [
            "unusable",
            "ntp",
            (request) => ntpReply(request, { precision: 127, rootDelay: 65_535 }),
          ],
          ["bogus_reply", "ntp", (request) => ntpReply(request, { originTimestamp: 1n })],
          ["not_a_time", "daytime", () => new Uint8Array([27])],
          ["timeout", "time", () => undefined],
        ] as const satisfies readonly [
          keyof typeof queryExitCodes,
          "ntp" | "time" | "daytime",
          (request: Uint8Array) => Uint8Array | undefined,
        ][]
      ) {
        await using bad = scriptedServer((socket, from, _count, request) => {
          const octets = reply(request);
          return octets && socket.send(octets, from);
        }, protocol);
        // The wait for a reply that belongs to the request takes all of its time.
        const limit = reason === "bogus_reply" || reason === "timeout" ? "1s" : "10s";
        for (const raw of [[], ["--raw"]]) {
          const [object = {}] = await askWithin(limit, bad.url, ...raw);
          assertDocumented(object);
          assertEquals((object["error"] as { reason: string }).reason, reason);
        }
      }
      const [version = {}] = await ask("nowhere.invalid");
      assertDocumented(version);
      await using odd = scriptedServer(
        (socket, from, _count, request) => socket.send(ntpReply(request, { version: 3 }), from),
        "ntp",
      );
      const [warned = {}] = await ask(odd.url);
      assertDocumented(warned);
      assertEquals((warned["warnings"] as string[]).length, 1);
    }),
  );

  Deno.test(
    await test("--csv has a header and one row per target, failed ones too", async () => {
      await using good = scriptedServer(
        (socket, from, _count, octets) => socket.send(ntpReply(octets), from),
        "ntp",
      );
      const { code, stdout, stderr } = await run(
        [...timecli, "--csv", "-t", "10", good.url, "time://nowhere.invalid"],
      );
      assertEquals(code, queryExitCodes["unknown_host"]);
      assertMatch(stderr, /^timecli: [^\n]+\n$/);
      const lines = stdout.split("\r\n");
      assertEquals([lines.length, lines.at(-1)], [4, ""]);
      const [header = [], first = [], second = []] = lines.map((line) => line.split(","));
      assertEquals(first.length, header.length);
      assertEquals(first[header.indexOf("stratum")], "2");
      assertMatch(first[header.indexOf("offset")] ?? "", /^-?\d+(\.\d+)?(e-\d+)?$/);
      assertEquals(second[header.indexOf("error_reason")], "unknown_host");
    }),
  );

  Deno.test(
    await test("--format writes the time alone", async () => {
      await using server = scriptedServer(
        (socket, from) => socket.send(Uint8Array.fromHex("83aa7e81"), from),
        "time",
      );
      const pattern = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS";
      const utc = await run([...timecli, "--utc", "--format", pattern, server.url, server.url]);
      const line = "1970-01-01T00:00:01.000000\n";
      assertEquals(utc, { code: 0, stdout: line + line, stderr: "" });
      const local = await run([...timecli, "--format", "HH:mm xxx", server.url], {
        env: { TZ: "Asia/Kolkata" },
      });
      assertEquals(local, { code: 0, stdout: "05:30 +05:30\n", stderr: "" });
      await using text = scriptedServer((socket, from) =>
        socket.send(new TextEncoder().encode("Fri Apr  3 21:09:36 2020"), from)
      );
      const own = await run([...timecli, "--format", "d.M.yyyy H:mm", text.url]);
      assertEquals([own.code, own.stdout], [0, "3.4.2020 21:09\n"]);
      const zone = await run([...timecli, "--format", "HH:mm xxx", text.url]);
      assertEquals([zone.code, zone.stdout], [1, ""]);
      assertMatch(
        zone.stderr,
        /^timecli: The text from [^\n]+ has no time zone, which xxx needs\n$/,
      );
    }),
  );

  Deno.test(
    await test("reports in one line which output options exclude each other", async () => {
      for (
        const [args, problem] of [
          [["--json", "--csv"], "cannot be used with"],
          [["--json", "--format", "yyyy"], "cannot be used with"],
          [["--csv", "-q"], "cannot be used with"],
          [["--format", "yyyy", "--raw"], "cannot be used with"],
          [["--utc"], "--utc needs --format"],
          [["--format", "YYYY"], "Cannot write a time as"],
          [["--format", "nonsense"], "Cannot write a time as"],
          [["--format", "yyyy'"], "a quote in it has no end"],
          [["--format", ""], "Cannot write a time as"],
        ] as const
      ) {
        const { code, stdout, stderr } = await run([...timecli, ...args]);
        assertEquals([code, stdout], [2, ""], stderr);
        assertMatch(stderr, /^timecli: [^\n]+\n$/);
        assert(stderr.includes(problem), stderr);
      }
    }),
  );
}
