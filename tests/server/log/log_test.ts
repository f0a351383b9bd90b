import { inZone } from "../../support/zone.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Sink } from "../../../src/server/log/bounded_writer.ts";
import { ServerLog } from "../../../src/server/log/log.ts";
import { counter, Counters, type Totals } from "../../../src/transports/counters.ts";
import { FakeTime } from "../../support/fake_time.ts";
import { endpoint, fields, logged, source } from "../../support/collecting_log.ts";

Deno.test("ServerLog writes a request with a timestamp", async () => {
  const [line] = await logged({}, (log) => log.request(endpoint, source, new Uint8Array(12)));
  assertMatch(
    line ?? "",
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z Time request from \[::1\]:51402 \(text\)$/,
  );
});

Deno.test("ServerLog stamps lines of both formats with UTC, whatever the zone", async () => {
  const timers = new FakeTime("2026-07-03T03:09:06.007Z");
  const write = (log: ServerLog): void => log.request(endpoint, source, new Uint8Array(12));
  for (const offsetSeconds of [-4 * 3600, 5.5 * 3600]) {
    await inZone(offsetSeconds, async () => {
      assertEquals(await logged({ timers }, write), [
        "2026-07-03T03:09:06.007Z Time request from [::1]:51402 (text)",
      ]);
      const [json] = await logged({ timers, format: "json" }, write);
      assertEquals(fields(json)["time"], "2026-07-03T03:09:06.007Z");
    });
  }
});

Deno.test("ServerLog writes one JSON object per line", async () => {
  const lines = await logged({ format: "json", colour: true }, (log) => {
    log.listening(endpoint);
    log.request(endpoint, source, new Uint8Array(12));
    log.warning('say "no"');
  });
  const [listening, request, warning] = lines.map(fields);
  const { time, ...rest } = listening ?? {};
  assert(Temporal.Instant.from(String(time)));
  assertEquals(rest, {
    event: "listening",
    url: "asctime://127.0.0.1:8888",
    protocol: "asctime",
    hostname: "127.0.0.1",
    port: 8888,
  });
  assertEquals([request?.["from"], request?.["octets"]], ["[::1]:51402", 12]);
  assertEquals(warning?.["message"], 'say "no"');
});

Deno.test("ServerLog writes at each level the lines of that level", async () => {
  const write = (log: ServerLog): void => {
    log.listening(endpoint);
    log.request(endpoint, source, new Uint8Array(1));
    log.failed(endpoint, "send", new Error("no buffer space"));
    log.warning("careful");
    log.clock({ offset: "+1h" });
    log.faults({ options: { drop: 0.3 }, seed: 42 }, "ntp://127.0.0.1:1123");
    log.ending("its lifetime is over");
    log.interval(new Counters().totals(), 10);
    log.stopped(new Counters().totals(), 1.26);
  };
  const events = async (level: "quiet" | "normal" | "verbose"): Promise<unknown[]> =>
    (await logged({ level, format: "json" }, write)).map((line) => fields(line)["event"]);
  const warnings = ["warning", "clock", "faults"];
  const end = ["ending", "interval", "stopped"];
  assertEquals(await events("quiet"), [...warnings, "interval"]);
  assertEquals(await events("normal"), ["listening", "request", ...warnings, ...end]);
  assertEquals(await events("verbose"), ["listening", "request", "failure", ...warnings, ...end]);
});

Deno.test("ServerLog gives totals that name each cause and error", async () => {
  const counters = new Counters();
  counters.count(counter.received, 1003);
  counters.count(counter.sent, 1000);
  counters.count(counter.sendErrors);
  for (const refusal of [-1, -1]) counters.refuse(refusal);
  const [line] = await logged({}, (log) => log.stopped(counters.totals(), 12.34));
  assertMatch(
    line ?? "",
    /Stopped after 12\.3 s: 1,003 received, 1,000 answered, 2 refused \(2 looks_like_a_reply\), 1 error$/,
  );
});

Deno.test("ServerLog gives an interval its rate of replies", async () => {
  const counters = new Counters();
  counters.count(counter.received, 12_346);
  counters.count(counter.sent, 12_345);
  counters.refuse(-1);
  const write = (log: ServerLog): void => log.interval(counters.totals(), 10.004);
  const [line] = await logged({}, write);
  assertMatch(
    line ?? "",
    /In the last 10\.0 s: 12,346 received, 12,345 answered \(1,230\/s\), 1 refused \(1 looks_like_a_reply\), 0 errors$/,
  );
  const [json] = await logged({ format: "json" }, write);
  const { event, elapsed, rate, received, answered, send_errors } = fields(json);
  assertEquals(
    { event, elapsed, rate, received, answered, send_errors },
    {
      event: "interval",
      elapsed: 10.004,
      rate: 1234.006,
      received: 12_346,
      answered: 12_345,
      send_errors: 0,
    },
  );
});

Deno.test("ServerLog counts KoD packets apart from the replies, in text only if there were any", async () => {
  const totals = (kisses: number): Totals => ({
    ...new Counters().totals(),
    received: 9,
    answered: 8,
    kisses,
  });
  const write = (kisses: number) => (log: ServerLog): void => {
    log.interval(totals(kisses), 4);
    log.stopped(totals(kisses), 4);
  };
  const [pace, all] = await logged({}, write(1234));
  assertMatch(pace ?? "", /: 9 received, 8 answered \(2\/s\), 1,234 KoD, 0 refused, 0 errors$/);
  assertMatch(all ?? "", /: 9 received, 8 answered, 1,234 KoD, 0 refused, 0 errors$/);
  const [, one] = await logged({}, write(1));
  assertMatch(one ?? "", /: 9 received, 8 answered, 1 KoD, 0 refused/);
  const none = await logged({}, write(0));
  assert(!none.join().includes("KoD"), none.join());
  const json = await logged({ format: "json" }, write(0));
  assertEquals(json.map((line) => fields(line)["kisses"]), [0, 0]);
});

Deno.test("ServerLog tells what a request speaks, and at level verbose why another one is refused", async () => {
  const listener = { protocol: "auto", hostname: "0.0.0.0", port: 123 } as const;
  const client = { hostname: "192.0.2.4", port: 57594 };
  const ntp = Uint8Array.from({ length: 48 }, (_, i) => i === 0 ? 0x23 : 0);
  const text = new TextEncoder().encode("Time request");
  const write = (log: ServerLog): void => {
    for (const request of [ntp, text]) {
      log.request(listener, client, request);
      log.refused(listener, client, request, "denied");
    }
  };
  const tail = (line: string): string => line.slice(25);
  assertEquals((await logged({}, write)).map(tail), [
    "Time request from 192.0.2.4:57594 (NTP v4)",
    "Time request from 192.0.2.4:57594 (text)",
  ]);
  assertEquals((await logged({ level: "verbose" }, write)).map(tail), [
    "Time request from 192.0.2.4:57594 (NTP v4 client): 48 octets to auto://0.0.0.0:123",
    "Refused 192.0.2.4:57594: denied (NTP v4 client, 48 octets to auto://0.0.0.0:123)",
    "Time request from 192.0.2.4:57594 (text): 12 octets to auto://0.0.0.0:123",
    "Refused 192.0.2.4:57594: denied (text, 12 octets to auto://0.0.0.0:123)",
  ]);
  const json = (await logged({ level: "verbose", format: "json" }, write)).map(fields);
  const common = { from: "192.0.2.4:57594", url: "auto://0.0.0.0:123" };
  const ofNtp = { ...common, octets: 48, protocol: "ntp", version: 4, mode: 3 };
  const ofText = { ...common, octets: 12, protocol: "asctime" };
  assertEquals(json.map(({ time: _, ...rest }) => rest), [
    { event: "request", ...ofNtp },
    { event: "refused", ...ofNtp, cause: "denied" },
    { event: "request", ...ofText },
    { event: "refused", ...ofText, cause: "denied" },
  ]);
  assertEquals(await logged({ level: "quiet" }, write), []);
});

Deno.test("ServerLog colours only on request", async () => {
  const write = (log: ServerLog): void => log.request(endpoint, source, new Uint8Array(1));
  const [plain] = await logged({ colour: false }, write);
  const [coloured] = await logged({ colour: true }, write);
  assertEquals(plain?.includes("\x1b["), false);
  assertEquals(coloured?.includes("\x1b["), true);
});

Deno.test("ServerLog escapes what others send, in both formats and in every line", async () => {
  const evil = "a\x9b31m\u202e\u2066\u200e\u061c\u2028\x7f\x1b]0;x\x07\nb";
  const shown = String.raw`a\x9b31m\u{202e}\u{2066}\u{200e}\u{61c}\u{2028}\x7f\x1b]0;x\x07\x0ab`;
  const there = { ...endpoint, hostname: evil };
  const write = (log: ServerLog): void => {
    log.listening(there);
    log.opened("control", evil);
    log.opened("http", evil);
    log.opened("http", evil, true);
    log.changed(evil);
    log.transport({ transport: "datagram", reason: evil }, 1);
    log.clock({ time: evil, steps: [evil] }, evil);
    log.faults({ options: { kiss: { code: evil } }, seed: 1 }, evil);
    log.warning(evil);
    log.request(there, { hostname: evil, port: 1 }, new Uint8Array(1));
    log.refused(there, { hostname: evil, port: 1 }, new Uint8Array(1), evil);
    log.failed(there, evil, new Error(evil));
  };
  const text = (await logged({ level: "verbose" }, write)).map((line) => line.slice(25));
  assertEquals(text, [
    `Serving asctime on udp ${shown}:8888`,
    `Control interface on ${shown}`,
    `HTTP on ${shown}`,
    `Status page on ${shown}`,
    `Changed: ${shown}`,
    `Transport: datagram (${shown})`,
    `Simulated clock on ${shown}, not the true time: time ${shown}, steps ${shown}`,
    `Faults on ${shown}: kiss=${shown} (seed 1)`,
    `Warning: ${shown}`,
    `Time request from ${shown}:1 (text): 1 octet to asctime://${shown}:8888`,
    `Refused ${shown}:1: ${shown} (text, 1 octet to asctime://${shown}:8888)`,
    `Cannot ${shown} on asctime://${shown}:8888: ${shown}`,
  ]);
  const coloured = await logged({ level: "verbose", colour: true }, write);
  assertEquals(
    coloured.map((line) =>
      line.split("\x1b[").map((part, i) => part.slice(i && part.indexOf("m") + 1)).join("").slice(
        25,
      )
    ),
    text,
  );
  const json = await logged({ level: "verbose", format: "json" }, write);
  assertEquals(json.length, text.length);
  for (const line of json) {
    assertMatch(line, /^[ -~]*$/);
    assert(Object.values(fields(line)).join().includes(evil), line);
  }
});

Deno.test("ServerLog cuts a long text", async () => {
  const [line = ""] = await logged({}, (log) => log.warning("x".repeat(60_000)));
  assertEquals(line.slice(25).length, 1000);
});

Deno.test("ServerLog drops lines rather than wait for a sink that blocks", async () => {
  const gate = Promise.withResolvers<void>();
  let octets = 0;
  const sink: Sink = {
    async write(data): Promise<number> {
      await gate.promise;
      octets += data.length;
      return data.length;
    },
  };
  const log = new ServerLog({ sink });
  for (let i = 0; i < 10_000; i++) log.warning("x".repeat(100));
  await log.flush(); // comes back although nothing was written
  assertEquals(octets, 0);
  gate.resolve();
  await log.flush();
  assert(octets > 0 && octets < 200_000, `${octets} octets`);
});

Deno.test("ServerLog survives a sink that is gone", async () => {
  let writes = 0;
  const sink: Sink = {
    write: () => (writes++, Promise.reject(new Deno.errors.BrokenPipe("Broken pipe"))),
  };
  const log = new ServerLog({ sink });
  log.warning("one");
  await log.flush();
  log.warning("two");
  await log.flush();
  assertEquals(writes, 1);
});

Deno.test("ServerLog announces a simulated clock, and no other", async () => {
  const lines = await logged({}, (log) => {
    log.clock({});
    log.clock({ time: "2038-01-19T03:14:00Z", rate: "10x" });
    log.clock({ freeze: true }, "ntp://127.0.0.1:1123");
  });
  assertEquals(lines.map((line) => line.split(" ").slice(1).join(" ")), [
    "Simulated clock, not the true time: time 2038-01-19T03:14:00Z, rate 10x",
    "Simulated clock on ntp://127.0.0.1:1123, not the true time: freeze true",
  ]);
});
