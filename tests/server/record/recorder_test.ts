import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { serve, type ServeOptions } from "../../../mod.ts";
import type { RecordedExchange } from "../../../src/server/mod.ts";
import { Recorder } from "../../../src/server/record/recorder.ts";
import { assertDocumented, isDocumented } from "../../support/documented.ts";
import { formatJson } from "../../../src/text/json.ts";
import { check } from "../../support/property.ts";
import { FakeTime } from "../../support/fake_time.ts";
import { UdpClient } from "../../support/udp_client.ts";
import { within } from "../../support/wait.ts";
import { ask } from "../http/http.ts";
import { queryOnce } from "../../support/query_once.ts";

const NTP = "ntp://127.0.0.1:0";

/** A sink that keeps lines of JSON. */
function collect(): {
  write(data: Uint8Array): Promise<number>;
  lines(): Record<string, unknown>[];
} {
  let text = "";
  return {
    write(data): Promise<number> {
      text += new TextDecoder().decode(data);
      return Promise.resolve(data.length);
    },
    lines: () => text.trimEnd().split("\n").map((line) => JSON.parse(line)),
  };
}

/** What became of one NTP request to a server with these options. */
async function recordOne(
  options: ServeOptions,
  request = new Uint8Array(48).fill(0x23, 0, 1).fill(7, 40),
): Promise<RecordedExchange> {
  await using server = await serve(NTP, { record: true, untilRequests: 1, ...options });
  using client = new UdpClient();
  await client.send(request, server.addresses[0]);
  await within(10, server.finished);
  const { exchanges, requests, dropped } = server.exchanges();
  assertEquals([exchanges.length, requests, dropped], [1, 1, 0]);
  const [exchange] = exchanges;
  if (exchange === undefined) throw new Error("nothing was recorded");
  assertEquals([exchange.address, exchange.port], ["127.0.0.1", client.address.port]);
  return exchange;
}

Deno.test("an exchange is recorded with its fields, its reply and what became of it", async () => {
  const { request, reply, outcome, faults, findings, protocol, number } = await recordOne({
    status: { stratum: 3 },
  });
  assertEquals([outcome, faults, findings, protocol, number], ["answered", [], [], "ntp", 1]);
  assertEquals([request.octets, request.version, request.mode, request.stratum], [48, 4, 3, 0]);
  assertEquals(request.transmitTimestamp, "0707070707070707");
  assertEquals([reply?.mode, reply?.stratum, reply?.originTimestamp], [4, 3, "0707070707070707"]);
  assert((reply?.transmitTimestamp ?? "") > (reply?.receiveTimestamp ?? ""), "it was finished");
});

Deno.test("an exchange names its KoD, its refusal, its failure, and the faults that hit it", async () => {
  const outcomeOf = async (options: ServeOptions, request?: Uint8Array<ArrayBuffer>) => {
    const { outcome, code, cause, faults, reply } = await recordOne(options, request);
    return [outcome, code ?? cause, faults, reply?.octets];
  };
  const kiss = { kiss: { code: "DENY" }, version: { value: 7 }, drop: 0 };
  assertEquals(await outcomeOf({ faults: kiss }), ["kod", "DENY", ["kiss", "version"], 48]);
  assertEquals(await outcomeOf({ faults: { drop: {}, delay: { time: "1ms" } } }), [
    "refused",
    "fault",
    ["drop", "delay"],
    undefined,
  ]);
  assertEquals(await outcomeOf({ faults: { truncate: { length: 5 } } }), [
    "answered",
    undefined,
    ["truncate"],
    5,
  ]);
  const access = { deny: ["all"] };
  assertEquals(await outcomeOf({ access }), ["refused", "denied", [], undefined]);
  const kod = { ...access, denyAction: "kod" } as const;
  assertEquals(await outcomeOf({ access: kod }), ["kod", "DENY", [], 48]);
  assertEquals(await outcomeOf({}, new Uint8Array(9)), ["refused", "malformed", [], undefined]);
  for (const respond of [() => Promise.reject(new Error("no")), () => fail()]) {
    assertEquals(await outcomeOf({ responder: { respond }, onError: () => {} }), [
      "failed",
      undefined,
      [],
      undefined,
    ]);
  }
});

function fail(): never {
  throw new Error("no");
}

Deno.test("exchanges of all protocols are in the sink, in the list and in the control interface", async () => {
  const sink = collect();
  const urls = [NTP, "time://127.0.0.1:0", "auto://127.0.0.1:0"];
  const server = await serve(urls, {
    record: { sink },
    control: "127.0.0.1:0",
    faults: { delay: { time: "1ms" } },
  });
  const [ntp = "", time = "", auto = ""] = server.addresses.map(({ url }) => url);
  for (
    const url of [ntp, time, auto.replace("auto:", "asctime:"), auto.replace("auto:", "ntp:"), ntp]
  ) {
    await queryOnce(url);
  }
  const { body } = await ask(server, "GET", "/exchanges");
  assertDocumented(body, "control");
  assertEquals(body.exchanges.map(({ protocol }: RecordedExchange) => protocol), [
    "ntp",
    "time",
    "asctime",
    "ntp",
    "ntp",
  ]);
  assertMatch(body.exchanges[2].reply.text, /^\w{3} \w{3} .* \d{4}$/);
  const rules = body.exchanges.map(({ findings }: RecordedExchange) =>
    findings.map(({ rule }) => rule)
  );
  assertEquals(rules, [[], [], [], [], ["fast_poll"]]);
  const { body: own } = await ask(server, "GET", `/exchanges?listener=${ntp}`);
  assertEquals(own.exchanges.map(({ number }: RecordedExchange) => number), [1, 5]);
  assertEquals(JSON.parse(JSON.stringify(server.exchanges().exchanges)).length, 5);
  await server.shutdown();
  const lines = sink.lines();
  assertEquals(
    lines.slice(0, -1),
    body.exchanges.map((each: object) => ({ event: "exchange", ...each })),
  );
  assertEquals(lines.at(-1), { event: "end", requests: 5, dropped: 0, findings: { fast_poll: 1 } });
});

Deno.test("a reply that is under way at the end is recorded as unfinished", async () => {
  const sink = collect();
  const server = await serve(NTP, { record: { sink }, faults: { delay: { time: "1h" } } });
  using client = new UdpClient();
  await client.send(new Uint8Array(48).fill(0x23, 0, 1), server.addresses[0]);
  while (server.totals.received === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await server.shutdown();
  assertEquals(sink.lines().map(({ outcome }) => outcome), ["unfinished", undefined]);
});

Deno.test("a recorder is bounded: per second, in memory, in clients, and with a slow sink", async () => {
  const timers = new FakeTime();
  const gate = Promise.withResolvers<void>();
  const sink = collect();
  const slow = { write: (data: Uint8Array) => gate.promise.then(() => sink.write(data)) };
  const recorder = new Recorder({ timers, sink: slow });
  const endpoint = { protocol: "ntp", hostname: "127.0.0.1", port: 1 } as const;
  const request = new Uint8Array(48).fill(0x23, 0, 1);
  for (let n = 0; n < 3000; n++) {
    const source = { hostname: `10.0.${n >> 8}.${n & 255}`, port: 1000 };
    const exchange = recorder.begin(endpoint, source, request);
    if (exchange) recorder.check(exchange, { seconds: 0, nanoseconds: 0 });
    recorder.end(exchange, { outcome: "refused", refusal: 0 });
    if (n === 1499) await timers.advance(1000);
  }
  const { exchanges, requests, dropped } = recorder.list();
  assertEquals([exchanges.length, requests, dropped], [500, 3000, 1000]);
  assertEquals([exchanges[0]?.number, exchanges.at(-1)?.number], [2001, 2500]);
  // A client of long ago is a new one.
  const again = recorder.begin(endpoint, { hostname: "10.0.0.0", port: 1000 }, request);
  assertEquals(again, undefined);
  await timers.advance(1000);
  const first = recorder.begin(endpoint, { hostname: "10.0.0.0", port: 1000 }, request);
  if (first === undefined) throw new Error("nothing was recorded");
  recorder.check(first, { seconds: 0, nanoseconds: 0 });
  assertEquals(first.findings.map(({ rule }) => rule), ["zero_timestamp"]);
  recorder.end(first, { outcome: "refused", refusal: 0 });
  gate.resolve();
  await recorder.close();
  const lines = sink.lines();
  const written = lines.filter(({ event }) => event === "exchange").length;
  const missing = lines.filter(({ event }) => event === "dropped")
    .reduce((sum, { exchanges }) => sum + Number(exchanges), 0);
  assert(written > 50 && written < 500, `${written} lines`);
  assertEquals(written + missing, 3002);
});

Deno.test("whatever octets come and go are recorded as documented", () => {
  const octets = fc.uint8Array({ maxLength: 80 });
  const kinds = fc.constantFrom("ntp", "auto", "asctime", "daytime", "time" as const);
  check(
    fc.property(fc.array(fc.tuple(kinds, octets, octets), { maxLength: 8 }), (exchanges) => {
      const recorder = new Recorder({ timers: new FakeTime() });
      for (const [protocol, request, reply] of exchanges) {
        const endpoint = { protocol, hostname: "::1", port: 1 } as const;
        const exchange = recorder.begin(endpoint, { hostname: "::1", port: 2 }, request);
        if (exchange) recorder.check(exchange, { seconds: -1e11, nanoseconds: 1 });
        recorder.end(exchange, { outcome: "answered", reply });
      }
      const list = JSON.parse(formatJson({ schema: 1, ...recorder.list() }));
      return list.exchanges.length === exchanges.length && isDocumented(list, "control");
    }),
    300,
  );
});

Deno.test("what is not recorded is not listed, and mmsg records nothing", async () => {
  await using server = await serve(NTP, { control: "127.0.0.1:0" });
  assertThrows(() => server.exchanges(), Error, "give serve() the option record");
  const { status, body } = await ask(server, "GET", "/exchanges");
  assertEquals(status, 409);
  assertMatch(body.error, /^No exchanges are recorded: start the server with --record FILE/);
  await assertRejects(
    () => serve(NTP, { record: true, transport: "mmsg" }),
    Deno.errors.NotSupported,
  );
  for (const record of [{ file: "x" }, null, "x"]) {
    const wrong = { record } as unknown as ServeOptions;
    await assertRejects(
      () => serve(NTP, wrong),
      SyntaxError,
      "true, false or an object with a sink",
    );
  }
  for (const untilRequests of [0, 1.5]) {
    await assertRejects(() => serve(NTP, { untilRequests }), RangeError, "untilRequests");
  }
});
