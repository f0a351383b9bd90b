import { assert, assertEquals, assertRejects } from "@std/assert";
import { query, type QueryOptions } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { serve } from "../../src/server/serve.ts";
import { scriptedServer } from "../support/scripted_server.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const TEXT = "Fri Apr  3 21:09:36 2020";

async function failure(url: string, options?: QueryOptions): Promise<QueryError> {
  const error = await query(url, options).catch((error) => error);
  assert(error instanceof QueryError, String(error));
  return error;
}

Deno.test("query returns the text, its time, the server's address and the round trip", async () => {
  await using server = scriptedServer((socket, from) => socket.send(encode(TEXT), from));
  const before = Temporal.Now.instant();
  const reply = await query(server.url);
  const waited = Temporal.Now.instant().since(before);
  assertEquals(server.requests[0]?.text, "Time request");
  assertEquals(reply.text, TEXT);
  assertEquals(reply.time.toString(), "2020-04-03T21:09:36");
  assertEquals(reply.url, server.url);
  assertEquals(reply.from, server.socket.addr as Deno.NetAddr);
  assertEquals(reply.roundTrip.sign, 1);
  assert(reply.roundTrip.total("seconds") <= waited.total("seconds") + 0.001);
});

Deno.test("query gives up at its deadline with tries left that would take longer", async () => {
  await using server = scriptedServer(() => {});
  const { reason } = await failure(server.url, { timeout: "100ms", retries: 1000 });
  assertEquals(reason, "timeout");
  // Each takes a millisecond at least.
  assert(server.requests.length < 1000, `${server.requests.length}`);
});

Deno.test("query waits on while strangers answer", async () => {
  const stranger = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  await using server = scriptedServer(async (socket, from) => {
    for (let i = 0; i < 100; i++) await stranger.send(encode("Thu Jan  1 00:00:00 1970"), from);
    await socket.send(encode(TEXT), from);
  });
  assertEquals((await query(server.url)).text, TEXT);
  stranger.close();
});

Deno.test("query shows escaped what is not a time", async () => {
  await using server = scriptedServer((socket, from) => socket.send(encode("\x1b[31mno\n"), from));
  const error = await failure(server.url);
  assertEquals(error.reason, "not_a_time");
  const host = new URL(server.url).host;
  assertEquals(
    error.message,
    String.raw`The reply from ${host} is not a time: "\x1b[31mno\n" (8 octets)`,
  );
});

Deno.test("query finds an empty reply no time", async () => {
  await using server = scriptedServer((socket, from) => socket.send(new Uint8Array(), from));
  assertEquals((await failure(server.url)).reason, "not_a_time");
});

Deno.test("query reports that nothing listens", async () => {
  const { url, ...gone } = scriptedServer(() => {});
  await gone[Symbol.asyncDispose]();
  const error = await failure(url, { timeout: "5s" });
  assertEquals(error.reason, "refused");
  assertEquals(error.message, `Nothing listens on udp ${new URL(url).host}`);
});

Deno.test("query reports that a host is unknown or has no such address", async () => {
  assertEquals((await failure("asctime://nosuch.invalid")).reason, "unknown_host");
  const error = await failure("asctime://127.0.0.1", { family: 6 });
  assertEquals([error.reason, error.message], [
    "unknown_host",
    "127.0.0.1 is not an IPv6 address",
  ]);
});

Deno.test("query rejects with the signal's reason, before and while it waits", async () => {
  await using server = scriptedServer(() => controller.abort(new Error("enough")));
  const controller = new AbortController();
  const { signal } = controller;
  await assertRejects(() => query(server.url, { signal, timeout: "60s" }), Error, "enough");
  assertEquals(server.requests.length, 1);
  await assertRejects(() => query(server.url, { signal }), Error, "enough");
  assertEquals(server.requests.length, 1);
});

Deno.test("query refuses options and URLs that make no sense", async () => {
  await assertRejects(() => query("asctime://127.0.0.1:0"), SyntaxError, "port 0 is for listeners");
  for (const timeout of ["0s", "-1s", "86401s"]) {
    await assertRejects(() => query("asctime://127.0.0.1", { timeout }), RangeError, "timeout is");
  }
  for (const retries of [-1, 0.5, NaN, 1001]) {
    await assertRejects(() => query("asctime://127.0.0.1", { retries }), RangeError, "retries is");
  }
  await assertRejects(() => query("gopher://127.0.0.1"), SyntaxError, "unknown protocol");
});

Deno.test("query reaches a server over IPv6, and by a name that may have both families", async () => {
  await using server = await serve(["asctime://[::1]:0", "asctime://127.0.0.1:0"], { utc: true });
  const [ipv6, ipv4] = server.addresses;
  assertEquals((await query(ipv6?.url ?? "")).from.hostname, "::1");
  const reply = await query(`asctime://localhost:${ipv4?.port}`);
  assertEquals(reply.from.hostname, "127.0.0.1");
});
