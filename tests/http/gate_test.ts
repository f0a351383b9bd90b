import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serve } from "../../mod.ts";
import { authorize, TokenGuesses } from "../../src/http/gate.ts";
import { FakeTime } from "../support/fake_time.ts";
import { ask, raw, settings } from "../server/http/http.ts";
import type { HttpRequest } from "../../src/http/message.ts";

const control = "127.0.0.1:0";
const ntp = "ntp://127.0.0.1:0";

Deno.test("web pages and strangers' names are refused", async () => {
  await using server = await serve(ntp, { control });
  const before = await settings(server);
  for (
    const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: server.control?.url ?? "" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]
  ) {
    for (const [method, path] of [["GET", "/state"], ["POST", "/clock"]] as const) {
      const { status } = await ask(server, method, path, {
        headers,
        ...method === "POST" && { body: { rate: 2 } },
      });
      assertEquals(status, 403, JSON.stringify(headers));
    }
  }
  for (const site of ["same-origin", "none"]) {
    const { status } = await ask(server, "GET", "/state", { headers: { "sec-fetch-site": site } });
    assertEquals(status, 200, site);
  }
  for (const host of ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "a b"]) {
    const text = await raw(server, `GET /state HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assertMatch(text, /^HTTP\/1\.1 40[03] /, host);
  }
  const absolute = "GET http://evil.example/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  assertMatch(await raw(server, absolute), /^HTTP\/1\.1 403 /);
  assertMatch(await raw(server, "GET /state HTTP/1.0\r\n\r\n"), /^HTTP\/1\.[01] 403 /);
  assertMatch(
    await raw(server, "GET /state HTTP/1.1\r\nHost: localhost:1\r\n\r\n"),
    /^HTTP\/1\.1 200 [^]*\r\ncache-control: no-store/i,
  );
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
    for (const path of ["/clock", "/reset"]) {
      const headers = { "content-type": type };
      assertEquals((await ask(server, "POST", path, { headers, body: { rate: 2 } })).status, 415);
    }
  }
  assertEquals(await settings(server), before);
});

Deno.test("no response allows other sites anything", async () => {
  await using server = await serve(ntp, { control });
  const response = await fetch(`${server.control?.url}/state`);
  await response.body?.cancel();
  const names = [...response.headers.keys()];
  assertEquals(names.filter((name) => name.startsWith("access-control")), []);
});

Deno.test("other machines need the token, whatever address was to be listened on", async () => {
  const token = "0123456789abcdef";
  const request = (host: string, isLocal: boolean, authorization = ""): HttpRequest => ({
    method: "GET",
    url: new URL("http://localhost/state"),
    headers: new Headers({ host, ...authorization !== "" && { authorization } }),
    isLocal,
    peer: "127.0.0.1",
    body: new Blob().stream(),
  });
  const guesses = new TokenGuesses();
  const status = async (given: HttpRequest, secret: string | undefined): Promise<number> =>
    await authorize(given, secret, guesses).then(() => 200, ({ status }) => status);
  assertEquals(await status(request("localhost", true), undefined), 200);
  assertEquals(await status(request("192.0.2.1", true), undefined), 403);
  assertEquals(await status(request("localhost", false), undefined), 403);
  assertEquals(await status(request("192.0.2.1", false), token), 401);
  assertEquals(await status(request("time.example", false, `bearer  ${token}`), token), 200);
  assertEquals(await status(request("time.example", true, `Bearer ${token}`), token), 403);
});

Deno.test("a token has to be brought, and anything but loopback needs one", async () => {
  const controlToken = "0123456789abcdef";
  await using server = await serve(ntp, { control, controlToken });
  for (const authorization of ["", "Bearer", "Bearer 0123456789abcdeF", `Basic ${controlToken}`]) {
    const headers: Record<string, string> = authorization === "" ? {} : { authorization };
    const { status, body } = await ask(server, "GET", "/state", { headers });
    assertEquals([status, body.error], [401, "The token is missing or wrong"]);
  }
  const headers = { authorization: `Bearer ${controlToken}` };
  assertEquals((await ask(server, "GET", "/state", { headers })).status, 200);
  await assertRejects(
    () => serve(ntp, { control: "0.0.0.0:0" }),
    RangeError,
    "Cannot open the control interface on 0.0.0.0:0 without a token",
  );
  await using open = await serve(ntp, { control: "0.0.0.0:0", controlToken });
  const { port } = new URL(open.control?.url ?? "");
  const there = { control: { url: `http://127.0.0.1:${port}` } };
  assertEquals((await ask(there, "GET", "/state")).status, 401);
  assertEquals((await ask(there, "GET", "/state", { headers })).status, 200);
});

Deno.test("an address that is wrong or in use, or a token that protects nothing, ends the start", async () => {
  for (
    const wrong of ["", "8890", "127.0.0.1:99999", "http://127.0.0.1", "[127.0.0.1]", "::1:8890"]
  ) {
    await assertRejects(
      () => serve(ntp, { control: wrong }),
      SyntaxError,
      "Cannot read the control",
    );
  }
  const [shortest, longest] = ["x".repeat(16), "x".repeat(256)];
  for (const controlToken of [shortest, longest]) {
    await using _server = await serve(ntp, { control, controlToken });
  }
  for (
    const controlToken of [
      "",
      shortest.slice(1),
      `${longest}x`,
      `${shortest}\n`,
      "0123456789 abcdef",
      `${shortest}=x`,
    ]
  ) {
    await assertRejects(() => serve(ntp, { control, controlToken }), SyntaxError, "control token");
  }
  await using first = await serve(ntp, { control });
  const { host } = new URL(first.control?.url ?? "");
  await assertRejects(
    () => serve(ntp, { control: host }),
    Error,
    `Cannot open the control interface on tcp ${host}: the port is already in use`,
  );
});

const token = "0123456789abcdef";

function requestOf(peer: string): HttpRequest {
  return { peer } as HttpRequest;
}

/** The status of a guess, 200 if it is right. */
async function guess(
  guesses: TokenGuesses,
  given: string,
  peer: string | HttpRequest = "192.0.2.7",
): Promise<number> {
  const request = typeof peer === "string" ? requestOf(peer) : peer;
  return await guesses.require(request, given, token).then(() => 200, ({ status }) => status);
}

Deno.test("TokenGuesses refuses a source that was wrong five times within a minute", async () => {
  const timers = new FakeTime();
  const guesses = new TokenGuesses(timers);
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) {
    statuses.push(await guess(guesses, i < 6 ? `wrong ${i}` : token));
    await timers.advance(1000);
  }
  assertEquals(statuses, [401, 401, 401, 401, 401, 429, 429]);
  assertEquals(await guess(guesses, token, "192.0.2.8"), 200);
  await timers.advance(52_999);
  assertEquals(await guess(guesses, token), 429);
  // The first one is a minute ago.
  await timers.advance(1);
  assertEquals([await guess(guesses, token), await guess(guesses, "wrong")], [200, 401]);
  assertEquals(await guess(guesses, token), 429);
});

Deno.test("TokenGuesses counts neither right tokens nor requests without any", async () => {
  const guesses = new TokenGuesses();
  guesses.add("another-interface-has-it");
  for (
    const [given, status] of [["", 401], [token, 200], ["another-interface-has-it", 401]] as const
  ) {
    for (let i = 0; i < 9; i++) assertEquals(await guess(guesses, given), status, given);
  }
});

Deno.test("TokenGuesses counts guesses that are compared at the same time", async () => {
  const guesses = new TokenGuesses();
  const right = await Promise.all(Array.from({ length: 9 }, () => guess(guesses, token)));
  assertEquals(new Set(right), new Set([200]));
  const all = await Promise.all(Array.from({ length: 9 }, () => guess(guesses, "wrong")));
  assertEquals(all, [401, 401, 401, 401, 401, 429, 429, 429, 429]);
});

Deno.test("TokenGuesses counts a request once, and the addresses of a /64 together", async () => {
  const guesses = new TokenGuesses();
  const request = requestOf("2001:db8::1");
  for (let i = 0; i < 4; i++) assertEquals(await guess(guesses, "wrong", request), 401);
  for (let i = 2; i < 6; i++) assertEquals(await guess(guesses, "wrong", `2001:db8::${i}`), 401);
  assertEquals(await guess(guesses, token, "2001:db8::f:1"), 429);
  assertEquals(await guess(guesses, token, "2001:db8:0:1::1"), 200);
});

Deno.test("TokenGuesses keeps a thousand wrong ones, and locks nobody out for the rest", async () => {
  const guesses = new TokenGuesses();
  for (let i = 0; i < 4; i++) assertEquals(await guess(guesses, "wrong"), 401);
  const many = Array.from({ length: 996 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const peer of many) assertEquals(await guess(guesses, "wrong", peer), 401);
  assertEquals([await guess(guesses, "wrong"), await guess(guesses, token)], [401, 200]);
  for (let i = 0; i < 999; i++) await guess(guesses, "wrong", `10.1.${i >> 8}.${i & 255}`);
  assertEquals(await guess(guesses, token), 200);
  assertEquals(await guess(guesses, token, "192.0.2.8"), 200);
});
