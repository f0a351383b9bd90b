import { assertEquals, assertRejects } from "@std/assert";
import { explain } from "../../src/explain/explain.ts";
import { fromCapture, recordExchange } from "../../src/explain/record.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { serve } from "../../src/server/serve.ts";
import { FakeNetwork } from "../support/fake_network.ts";

Deno.test("recordExchange keeps the octets of every protocol, which explain well", async () => {
  const protocols = ["asctime", "daytime", "time", "ntp"] as const;
  await using server = await serve(protocols.map((name) => `${name}://127.0.0.1:0`));
  for (const { url, protocol, port } of server.addresses) {
    const seen = await recordExchange(url);
    assertEquals([seen.url, seen.protocol, seen.from?.port], [url, protocol, port]);
    assertEquals(seen.error, undefined);
    const { tests, failure } = explain(seen);
    assertEquals([tests.every(({ result }) => result === "passed"), failure], [true, undefined]);
  }
});

Deno.test("recordExchange keeps what does not belong to the request, with the error", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", () => ({ originTimestamp: 1n }));
  network.serveNtp("192.0.2.2", () => undefined);
  const seen = await network.run(recordExchange("ntp://192.0.2.1", { network, retries: 0 }));
  assertEquals([seen.error?.reason, seen.reply.length], ["bogus_reply", 48]);
  assertEquals(explain(seen).failure?.reason, "bogus_reply");
  const silent = network.run(recordExchange("ntp://192.0.2.2", { network, retries: 0 }));
  const error = await assertRejects(() => silent, QueryError);
  assertEquals(error.reason, "timeout");
});

Deno.test("recordExchange goes on to the next address of a name", async () => {
  const network = new FakeNetwork();
  network.hosts["time.example"] = ["::1", "192.0.2.1"];
  network.unusable["::1"] = new Error("Address family not supported by protocol");
  network.serveNtp("192.0.2.1");
  const seen = await network.run(recordExchange("ntp://time.example", { network }));
  assertEquals([seen.from?.hostname, seen.error], ["192.0.2.1", undefined]);
});

Deno.test("fromCapture has no times without a reply", () => {
  const time = Temporal.Instant.from("2026-11-22T18:00:00Z");
  const from = { hostname: "192.0.2.1", port: 4000 };
  const to = { hostname: "192.0.2.2", port: 123 };
  const request = { time, from, to, octets: new Uint8Array(48) };
  const seen = fromCapture({ protocol: "ntp", request });
  assertEquals([seen.times, seen.reply, seen.pivot], [undefined, undefined, time]);
  const reply = { ...request, time: time.add({ milliseconds: 3 }) };
  const { sentAt, receivedAt } = fromCapture({ protocol: "ntp", request, reply }).times ?? {};
  assertEquals(receivedAt?.since(sentAt ?? time).total("milliseconds"), 3);
});
