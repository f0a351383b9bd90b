/** Access rules and the rate limit for requests over HTTP, from any address. */
import { assertEquals } from "@std/assert";
import { GuardControl } from "../../../../src/server/guard/guard_control.ts";
import type { GuardOptions } from "../../../../src/server/guard/options.ts";
import { RequestLimiter } from "../../../../src/server/http/web/request_limiter.ts";
import { Web } from "../../../../src/server/http/web/web.ts";
import { query, serve } from "../../../../mod.ts";
import { FakeTime } from "../../../support/fake_time.ts";
import type { HttpRequest, HttpResponse } from "../../../../src/http/message.ts";

/** A server with these rules, and how it answers a request from an address. */
function guarded(
  options: GuardOptions,
): (peer: string, path?: string) => Promise<HttpResponse> {
  const web = new Web({ address: "0.0.0.0:0", token: "0123456789abcdef" });
  const subject = {
    guard: new GuardControl(undefined, options, () => []),
    time: { look: () => ({ time: { seconds: 0 } }) },
  };
  return (peer, path = "/healthz") => {
    const request: HttpRequest = {
      method: "GET",
      url: new URL(`http://localhost${path}`),
      headers: new Headers({ host: "192.0.2.1" }),
      isLocal: peer.startsWith("127."),
      peer,
      body: ReadableStream.from([]),
    };
    return web.answer(request, subject as never);
  };
}

const statusesOf = async (responses: readonly Promise<HttpResponse>[]): Promise<number[]> =>
  (await Promise.all(responses)).map(({ status }) => status);

Deno.test("clients that get no time over UDP get nothing over HTTP, on no path", async () => {
  const ask = guarded({ access: { deny: ["192.0.2.0/24"] } });
  for (const path of ["/healthz", "/metrics", "/session", "/nowhere"]) {
    assertEquals((await ask("192.0.2.7", path)).status, 403, path);
  }
  assertEquals(await statusesOf([ask("198.51.100.1"), ask("127.0.0.1")]), [200, 200]);
});

Deno.test("requests beyond the rate limit are refused by address, on every path", async () => {
  const ask = guarded({ rateLimit: { perSecond: 0.25, burst: 3 } });
  const peer = "198.51.100.1";
  assertEquals(
    await statusesOf([ask(peer), ask(peer, "/metrics"), ask(peer, "/nowhere")]),
    [200, 401, 404],
  );
  for (const path of ["/healthz", "/metrics", "/nowhere", "/session"]) {
    const { status, headers, body } = await ask(peer, path);
    assertEquals([status, headers["retry-after"], body], [
      429,
      "4",
      "Too many requests from your address\n",
    ], path);
  }
  assertEquals((await ask("198.51.100.2")).status, 200);
});

Deno.test("a server without a rate limit has none over HTTP; by default this machine has none", async () => {
  const codes = async (options: GuardOptions, peer: string): Promise<Set<number>> => {
    const ask = guarded(options);
    return new Set(await statusesOf(Array.from({ length: 1000 }, () => ask(peer))));
  };
  assertEquals(await codes({ rateLimit: "off" }, "198.51.100.1"), new Set([200]));
  assertEquals(await codes({}, "127.0.0.1"), new Set([200]));
});

Deno.test("on this machine a given limit holds for the time, and for nothing else", async () => {
  const ask = guarded({ rateLimit: { perSecond: 1, burst: 1 } });
  const paths = ["/timesync", "/timesync", "/healthz", "/healthz", "/metrics", "/metrics"];
  assertEquals(
    await statusesOf(paths.map((path) => ask("127.0.0.1", path))),
    [426, 429, 200, 200, 401, 401],
  );
});

Deno.test("RequestLimiter admits at the rate of the limit, which may change, and nothing beyond", async () => {
  const timers = new FakeTime();
  const limiter = new RequestLimiter(timers);
  const admitted = (perSecond?: number, peer = "2001:db8::1"): number => {
    const limit = perSecond === undefined ? {} : { perSecond, burst: 1 };
    let passed = 0;
    for (let i = 0; i < 1000; i++) {
      try {
        limiter.take(peer, limit);
        passed++;
      } catch {
        // One too many.
      }
    }
    return passed;
  };
  await timers.advance(10_000);
  assertEquals(admitted(2), 1);
  await timers.advance(499);
  assertEquals(admitted(2), 0);
  await timers.advance(1);
  assertEquals(admitted(2), 1);
  await timers.advance(500);
  assertEquals(admitted(1000), 1);
  assertEquals(admitted(undefined, "198.51.100.1"), 128);
});

Deno.test("a limit for HTTP leaves requests over UDP alone, and messages of a WebSocket are limited", async () => {
  await using server = await serve("ntp://127.0.0.1:0", {
    http: "127.0.0.1:0",
    rateLimit: { perSecond: 0.01, burst: 3 },
  });
  const socket = new WebSocket(`${server.http?.url.replace("http", "ws")}/timesync`);
  const answers: { result?: number; error?: { code: number; message: string } }[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ask = (): void => socket.send('{"jsonrpc":"2.0","id":1,"method":"timesync"}');
  socket.onopen = ask;
  socket.onerror = () => reject(new Error("The WebSocket failed"));
  socket.onmessage = ({ data }) => {
    answers.push(JSON.parse(data));
    if (answers.length < 4) ask();
    else socket.close();
  };
  socket.onclose = () => resolve();
  await promise;
  assertEquals(answers.map(({ result }) => typeof result), [
    "number",
    "number",
    "undefined",
    "undefined",
  ]);
  assertEquals(answers[3]?.error, {
    code: -32000,
    message: "Too many requests from your address",
  });
  for (let i = 0; i < 3; i++) assertEquals((await query(server.url)).protocol, "ntp");
});
