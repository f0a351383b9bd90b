import { assertEquals, assertMatch } from "@std/assert";
import type { HttpHandler } from "../../src/http/listener.ts";
import { FakeTcp } from "./fake_tcp.ts";
import type { HttpRequest } from "../../src/http/message.ts";

const head = (method: string, ...lines: readonly string[]): string =>
  [`${method} /path HTTP/1.1`, "Host: localhost", ...lines, "", ""].join("\r\n");

const get = head("GET");
const chunked = (text: string): string => head("POST", "Transfer-Encoding: chunked") + text;
const sized = (length: string, body = "{}"): string =>
  head("POST", `Content-Length: ${length}`) + body;

async function lengthOf({ body }: HttpRequest): Promise<number> {
  let octets = 0;
  for await (const part of body) octets += part.length;
  return octets;
}

/** Answers with the length of the body. */
const echo: HttpHandler = async (request) => ({
  status: 200,
  headers: { "x-of": `${request.method} ${request.url.pathname}` },
  body: String(await lengthOf(request)),
});

const requests: readonly (readonly [what: string, text: string, statuses: readonly number[]])[] = [
  ["a plain request", get, [200]],
  ["three at once", get + get + get, [200, 200, 200]],
  ["a body", sized("2"), [200]],
  ["a body of a GET", head("GET", "Content-Length: 2") + "{}", [200]],
  ["a body in chunks", chunked("2\r\n{}\r\n0\r\n\r\n"), [200]],
  ["a short chunk extension", chunked("2;a=b\r\n{}\r\n0\r\n\r\n"), [200]],
  ["a trailer", chunked("2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n"), [200]],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", [200]],
  ["an upgrade to HTTP/2", head("GET", "Connection: Upgrade", "Upgrade: h2c"), [200]],
  ["an upgrade to a websocket", head("GET", "Connection: Upgrade", "Upgrade: websocket"), [200]],
  ["an expectation", head("POST", "Expect: 100-continue", "Content-Length: 2") + "{}", [100, 200]],
  ["an unknown expectation", head("POST", "Expect: miracle", "Content-Length: 2") + "{}", [417]],
  ["another after an unknown expectation", head("GET", "Expect: miracle") + get, [417]],
  ["no host", "GET / HTTP/1.1\r\n\r\n", [400]],
  ["two hosts", head("GET", "Host: localhost"), [400]],
  ["a control character in a header", head("GET", "X: \x01"), [400]],
  ["a header that is not ASCII", head("GET", "X: \xe9\xff"), [200]],
  ["two lengths", head("POST", "Content-Length: 2", "Content-Length: 2") + "{}", [400]],
  ["a negative length", sized("-2"), [400]],
  ["a signed length", sized("+2"), [400]],
  ["a hexadecimal length", sized("0x2"), [400]],
  ["an endless length", sized("99999999999999999999999"), [400]],
  [
    "a length and chunks",
    head("POST", "Content-Length: 2", "Transfer-Encoding: chunked") + "2\r\n{}\r\n0\r\n\r\n",
    [400],
  ],
  ["another coding", head("POST", "Transfer-Encoding: xchunked") + "2\r\n{}\r\n0\r\n\r\n", [400]],
  ["two codings", head("POST", "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", [501]],
  ["a chunk without a length", chunked("z\r\n{}\r\n0\r\n\r\n"), [400]],
  ["a chunk of any length", chunked("ffffffffffffffff1\r\n{}\r\n0\r\n\r\n"), [400]],
  ["a long chunk extension", chunked(`2;${"a".repeat(60_000)}\r\n{}\r\n0\r\n\r\n`), [400]],
  ["a long trailer", chunked(`0\r\nx: ${"a".repeat(100_000)}\r\n\r\n`), [431]],
  ["a folded header", head("GET", " x"), [400]],
  ["a bare CR", head("GET", "X: a\rb"), [400]],
  ["a NUL", head("GET", "X: a\0b"), [400]],
  ["a bare LF", head("GET").replaceAll("\r", ""), [400]],
  ["a space before the colon", head("GET", "X : a"), [400]],
  ["HTTP/0.9", "GET /\r\n\r\n", [505]],
  ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", [505]],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]],
  ["a tunnel", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", [405]],
  ["an unknown method", head("FOO"), [400]],
  ["an asterisk", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]],
  ["another scheme", "GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]],
  ["a space in the path", "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]],
  ["a long path", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, [431]],
  ["a long header", head("GET", `X: ${"a".repeat(20_000)}`), [431]],
  ["many headers", head("GET", ...Array.from({ length: 3000 }, (_, i) => `x${i}: y`)), [431]],
  ["TLS", "\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03", [400]],
];

for (const [what, text, statuses] of requests) {
  Deno.test(`HttpListener answers ${what} with ${statuses.join(", ")}`, async () => {
    await using tcp = new FakeTcp(echo);
    await tcp.start();
    const client = await tcp.ask(text);
    assertEquals(client.statuses, statuses, client.received);
    // Nothing is read after an error.
    const isOver = (statuses.at(-1) ?? 0) >= 400;
    if (isOver) assertMatch(client.received, /\r\nconnection: close\r\n/i);
    assertEquals(client.hasEnd, isOver || what === "HTTP/1.0", client.received);
  });
}

Deno.test("HttpListener hands on method, target, headers, body and whether the client is local", async () => {
  const seen: unknown[] = [];
  await using tcp = new FakeTcp(async (request) => {
    const { method, url, headers, isLocal } = request;
    seen.push([method, url.href, headers.get("x"), isLocal, await lengthOf(request)]);
    return { status: 204, headers: {}, body: "" };
  });
  await tcp.start("0.0.0.0");
  const long = "x".repeat(50_000);
  await tcp.ask(
    "PUT //a/../b?c=%20#d HTTP/1.1\r\nHost: evil\r\nX: 1\r\nx: 2\r\nContent-Length: 50000\r\n\r\n" +
      long,
  );
  await tcp.ask("GET http://evil:1/a HTTP/1.1\r\nHost: localhost\r\n\r\n", "192.0.2.1");
  await tcp.ask(get, "::1");
  await tcp.ask(get, "2001:db8::1");
  assertEquals(seen, [
    ["PUT", "http://localhost//b?c=%20#d", "1, 2", true, 50_000],
    ["GET", "http://evil:1/a", null, false, 0],
    ["GET", "http://localhost/path", null, true, 0],
    ["GET", "http://localhost/path", null, false, 0],
  ]);
});

Deno.test("HttpListener writes the response as it is given, to HEAD without its body", async () => {
  await using tcp = new FakeTcp(() =>
    Promise.resolve({ status: 201, headers: { "x-y": "z" }, body: "für" })
  );
  await tcp.start();
  const pattern = (body: string): RegExp =>
    new RegExp(`^HTTP/1\\.1 201 Created\r\nx-y: z\r\ncontent-length: 4\r\n[^]*\r\n\r\n${body}$`);
  const client = await tcp.ask(get);
  assertMatch(client.received, pattern("für"));
  // Otherwise the body would wait for the acknowledgement of the head.
  assertEquals(client.hasNoDelay, true);
  assertMatch((await tcp.ask(head("HEAD"))).received, pattern(""));
});

Deno.test("HttpListener turns an error of its handler into a response", async () => {
  await using tcp = new FakeTcp(() => Promise.reject(new Error("no \u009bway")));
  await tcp.start();
  const { received, statuses } = await tcp.ask(get);
  assertEquals(statuses, [500]);
  assertMatch(
    received,
    /\r\ncontent-type: application\/json\r\n[^]*\r\n\{"error":"no \\u009bway"\}\n$/,
  );
});

Deno.test("HttpListener answers a client that has closed its side before the response is ready", async () => {
  const ready = Promise.withResolvers<void>();
  await using tcp = new FakeTcp(async () => {
    await ready.promise;
    return { status: 200, headers: {}, body: "late" };
  });
  await tcp.start();
  const client = await tcp.ask(head("GET", "Connection: close"));
  client.end();
  await tcp.settle();
  assertEquals([client.statuses, client.isClosed], [[], false]);
  ready.resolve();
  await tcp.settle();
  assertEquals([client.statuses, client.isClosed], [[200], true]);
  assertMatch(client.received, /\r\n\r\nlate$/);
});

Deno.test("HttpListener carries out the requests of a connection in turn, and none after an error", async () => {
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  await using tcp = new FakeTcp(async ({ method }) => {
    order.push(`${method} begins`);
    if (method === "PUT") await first.promise;
    order.push(`${method} ends`);
    return { status: method === "POST" ? 400 : 200, headers: {}, body: "" };
  });
  await tcp.start();
  const client = await tcp.ask(head("PUT") + get + head("POST") + head("DELETE"));
  assertEquals(order, ["PUT begins"]);
  first.resolve();
  await tcp.settle();
  assertEquals(order.slice(1), ["PUT ends", "GET begins", "GET ends", "POST begins", "POST ends"]);
  assertEquals([client.statuses, client.hasEnd], [[200, 200, 400], true]);
});

Deno.test("HttpListener keeps a connection after a response, and answers half-closed ones", async () => {
  await using tcp = new FakeTcp(echo);
  await tcp.start();
  const client = await tcp.ask(get);
  client.send(get.slice(0, 20));
  client.send(get.slice(20));
  await tcp.settle();
  assertEquals([client.statuses, client.hasEnd], [[200, 200], false]);
  client.send(get);
  client.end();
  await tcp.settle();
  assertEquals([client.statuses, client.isClosed], [[200, 200, 200], true]);
});

Deno.test("HttpListener answers a half-closed connection however long its handler takes", async () => {
  const loaded = Promise.withResolvers<void>();
  await using tcp = new FakeTcp(async () => {
    await loaded.promise;
    return { status: 200, headers: {}, body: "x" };
  });
  await tcp.start();
  const client = await tcp.ask(get);
  client.end();
  await tcp.settle();
  assertEquals([client.statuses, client.isClosed], [[], false]);
  loaded.resolve();
  await tcp.settle();
  assertEquals([client.statuses, client.isClosed], [[200], true]);
});

Deno.test("HttpListener does not read what nobody needs before it answers", async () => {
  await using tcp = new FakeTcp(() => Promise.resolve({ status: 200, headers: {}, body: "x" }));
  await tcp.start();
  const client = await tcp.ask(sized("5000000000", ""));
  assertEquals([client.statuses, client.hasEnd, client.isClosed], [[200], true, false]);
  // The client may still be sending, and must not lose the response to a reset.
  client.send("x".repeat(100_000));
  await tcp.time.advance(900);
  assertEquals(client.isClosed, false);
  client.end();
  await tcp.settle();
  assertEquals(client.isClosed, true);
});

Deno.test("HttpListener sends the response of a handler that gives up in the middle of a body", async () => {
  await using tcp = new FakeTcp(async ({ body }) => {
    for await (const part of body) return { status: 413, headers: {}, body: String(part.length) };
    return { status: 200, headers: {}, body: "" };
  });
  await tcp.start();
  const client = await tcp.ask(sized("9", "12"));
  assertEquals([client.statuses, client.hasEnd], [[413], true]);
  assertMatch(client.received, /\r\n\r\n2$/);
});

Deno.test("HttpListener closes a connection on which a client has hung up, whatever was under way", async () => {
  const aborted: string[] = [];
  await using tcp = new FakeTcp(async (request) => {
    const octets = await lengthOf(request).catch((error) => aborted.push(error.message));
    return { status: 200, headers: {}, body: String(octets) };
  });
  await tcp.start();
  for (const text of ["", get.slice(0, 20), sized("3"), get]) {
    const client = await tcp.ask(text);
    client.end();
    await tcp.settle();
    assertEquals(client.isClosed, true, text);
  }
  assertEquals(aborted, ["aborted"]);
});
