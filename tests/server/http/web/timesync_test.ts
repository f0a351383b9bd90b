import { assert, assertEquals } from "@std/assert";
import { serve, type Server } from "../../../../mod.ts";
import { frame, HANDSHAKE, join } from "../../../http/frames.ts";

const http = "127.0.0.1:0";

const CLOCK = { time: "2030-01-02T03:04:05.678Z", rate: 0 };
const NOW = 1893553445678;

async function post(
  server: Server,
  body: string,
  headers: Record<string, string> = {},
): Promise<[status: number, body: string, headers: Headers]> {
  const response = await fetch(`${server.http?.url}/timesync`, { method: "POST", body, headers });
  return [response.status, await response.text(), response.headers];
}

/** A WebSocket, and what came over it. */
interface Opened extends Disposable {
  readonly socket: WebSocket;
  /** The next message, or why it closed. */
  next(): Promise<string | number>;
}

async function open(server: Server, query = ""): Promise<Opened> {
  const url = `${server.http?.url.replace("http:", "ws:")}/timesync${query}`;
  const socket = new WebSocket(url);
  const arrived: (string | number)[] = [];
  let change = Promise.withResolvers<void>();
  const add = (what: string | number): void => {
    arrived.push(what);
    change.resolve();
    change = Promise.withResolvers();
  };
  socket.onmessage = ({ data }) => add(data);
  socket.onclose = ({ code }) => add(code);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const next = async (): Promise<string | number> => {
    while (arrived.length === 0) await change.promise;
    return arrived.shift() ?? "";
  };
  return { socket, next, [Symbol.dispose]: () => socket.close() };
}

const request = (rest: Record<string, unknown>): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, ...rest });

const answer = (rest: Record<string, unknown>): unknown => ({ jsonrpc: "2.0", id: 1, ...rest });

const failure = (code: number, message: string, id: unknown = 1): unknown =>
  answer({ id, error: { code, message } });

const invalid = 'Expected {"jsonrpc":"2.0","id":1,"method":"timesync"}';
const noId = "Cannot use the id: expected a number, or 64 characters at most";
const noMethod = "There is no method";
const noParams = "Cannot read the params: expected no params";

const cases: readonly (readonly [body: string, expected: unknown])[] = [
  [request({ method: "timesync" }), answer({ result: NOW })],
  [request({ method: "timesync", id: "a1" }), answer({ id: "a1", result: NOW })],
  [request({ method: "timesync", id: -0.5, params: [] }), answer({ id: -0.5, result: NOW })],
  [request({ method: "timesync", id: "x".repeat(64), params: {} }), {
    jsonrpc: "2.0",
    id: "x".repeat(64),
    result: NOW,
  }],
  ["", failure(-32700, "Cannot read the JSON: Unexpected end of JSON input", null)],
  ['{"id":1', failure(-32700, "Cannot read the JSON: ", null)],
  ["[]", failure(-32600, "Expected one request, an object of JSON", null)],
  [`[${request({ method: "timesync" })}]`, failure(-32600, "Expected one request", null)],
  ["7", failure(-32600, "Expected one request, an object of JSON", null)],
  ["null", failure(-32600, "Expected one request, an object of JSON", null)],
  [request({}), failure(-32600, invalid)],
  [request({ method: 7 }), failure(-32600, invalid)],
  [request({ method: "timesync", jsonrpc: "1.0" }), failure(-32600, invalid)],
  [request({ method: "timesync", jsonrpc: undefined }), failure(-32600, invalid)],
  ["{}", failure(-32600, invalid, null)],
  ['{"id":null}', failure(-32600, noId, null)],
  [request({ method: "timesync", id: null }), failure(-32600, noId, null)],
  [request({ method: "timesync", id: {} }), failure(-32600, noId, null)],
  [request({ method: "timesync", id: "x".repeat(65) }), failure(-32600, noId, null)],
  [request({ method: "toString" }), failure(-32601, `${noMethod} "toString": expected`)],
  [request({ method: "timesyncs" }), failure(-32601, `${noMethod} "timesyncs": did you mean`)],
  [request({ method: "timesync", params: { t1: 1 } }), failure(-32602, noParams)],
  [request({ method: "time", params: [1] }), failure(-32602, "Cannot read the params: expected")],
  [request({ method: "time", params: { t2: 1 } }), failure(-32602, "Cannot read the params:")],
  [request({ method: "time", params: { t1: "1" } }), failure(-32602, 'Cannot read t1 "1": expec')],
  [request({ method: "time", params: null }), failure(-32602, "Cannot read the params: expected")],
];

Deno.test("a page asks for the time by JSON-RPC, and learns what is wrong with its request", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: CLOCK });
  using opened = await open(server);
  for (const [body, expected] of cases) {
    const [status, text, headers] = await post(server, body);
    assertEquals([status, headers.get("content-type")], [200, "application/json"], body);
    const actual = JSON.parse(text);
    const { error } = expected as { error?: { message: string } };
    if (error) actual.error.message = actual.error?.message.slice(0, error.message.length);
    assertEquals(actual, expected, body);
    opened.socket.send(body);
    assertEquals(`${await opened.next()}\n`, text, body);
  }
});

Deno.test("a notification by JSON-RPC gets no response, as it wants none", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: CLOCK });
  using opened = await open(server);
  for (const method of ["timesync", "time", "unknown"]) {
    const body = request({ id: undefined, method });
    const [status, text, headers] = await post(server, body);
    assertEquals([status, text, headers.get("content-length")], [204, "", null]);
    opened.socket.send(body);
  }
  opened.socket.send(request({ method: "timesync" }));
  assertEquals(JSON.parse(String(await opened.next())), answer({ result: NOW }));
});

Deno.test("JSON-RPC gives both times of the server, and how good its clock is", async () => {
  await using server = await serve(
    ["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?time=2031-01-01T00:00:00Z&rate=0"],
    {
      http,
      clock: { offset: "1h" },
      status: { source: "fixed", stratum: 3, rootDelay: "1ms", rootDispersion: "0s" },
    },
  );
  using opened = await open(server);
  const body = request({ method: "time", params: { t1: 8123.4 } });
  opened.socket.send(body);
  for (const text of [(await post(server, body))[1], String(await opened.next())]) {
    const { result: { t2, t3, root_distance, ...result } } = JSON.parse(text);
    assertEquals(result, { t1: 8123.4, leap: "none", stratum: 3, simulated: true });
    assert(t2 <= t3 && Math.abs(t2 - Date.now() - 3_600_000) < 60_000);
    assert(root_distance > 0.0005 && root_distance < 0.1);
  }
  const own = server.addresses[1]?.url ?? "";
  using other = await open(server, `?listener=${encodeURIComponent(own)}`);
  other.socket.send(request({ method: "timesync" }));
  assertEquals(JSON.parse(String(await other.next())).result, 1924992000000);
});

Deno.test("a page of another site may ask for the time, and gets the methods in advance", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: CLOCK });
  const preflight = {
    "origin": "https://site.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
  };
  const url = `${server.http?.url}/timesync`;
  const options = await fetch(url, { method: "OPTIONS", headers: preflight });
  assertEquals([options.status, await options.text()], [204, ""]);
  const allowed = ["origin", "methods", "headers", "credentials"]
    .map((name) => options.headers.get(`access-control-allow-${name}`));
  assertEquals(allowed, ["*", "GET, POST", "content-type", null]);
  assertEquals(options.headers.get("access-control-max-age"), "86400");
  const [status, , headers] = await post(server, request({ method: "timesync" }), {
    "origin": "https://site.example",
    "sec-fetch-site": "cross-site",
    "content-type": "application/json",
  });
  assertEquals([status, headers.get("access-control-allow-origin")], [200, "*"]);
  assertEquals(headers.get("timing-allow-origin"), "*");
  // The rest of the server answers no preflight request, and errors of the time can be read.
  const metrics = await fetch(`${server.http?.url}/metrics`, {
    method: "OPTIONS",
    headers: preflight,
  });
  const wrong = await fetch(`${url}?zone=UTC`, { method: "POST", body: "{}" });
  await Promise.all([metrics.text(), wrong.text()]);
  assertEquals([metrics.status, metrics.headers.get("access-control-allow-origin")], [405, null]);
  assertEquals([wrong.status, wrong.headers.get("access-control-allow-origin")], [400, "*"]);
});

Deno.test("what is no JSON-RPC over POST or a WebSocket is refused by HTTP", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http });
  assertEquals((await post(server, " ".repeat(1025)))[0], 413);
  assertEquals((await post(server, " ".repeat(1024)))[0], 200);
  const get = await fetch(`${server.http?.url}/timesync`);
  assertEquals([get.status, await get.text()], [426, "Expected POST, or a WebSocket\n"]);
  assertEquals(get.headers.get("upgrade"), "websocket");
  const put = await fetch(`${server.http?.url}/timesync`, { method: "PUT" });
  await put.text();
  assertEquals([put.status, put.headers.get("allow")], [405, "GET, HEAD, POST, OPTIONS"]);
});

Deno.test("an open WebSocket is counted as one", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: CLOCK });
  const count = async (): Promise<string | undefined> =>
    /timesrv_http_connections\{kind="websocket"\} (\d+)/
      .exec(await (await fetch(`${server.http?.url}/metrics`)).text())?.[1];
  assertEquals(await count(), "0");
  using opened = await open(server);
  assertEquals(await count(), "1");
  opened.socket.close();
  assertEquals(await opened.next(), 1005);
  assertEquals(await count(), "0");
});

Deno.test("a WebSocket for the time can share the address of the control interface", async () => {
  const control = "127.0.0.1:0";
  await using first = await serve("ntp://127.0.0.1:0", { control });
  const { port } = new URL(first.control?.url ?? "");
  await first.shutdown();
  const address = `127.0.0.1:${port}`;
  await using server = await serve("ntp://127.0.0.1:0", {
    control: address,
    http: address,
    clock: CLOCK,
  });
  using opened = await open(server);
  opened.socket.send(request({ method: "timesync" }));
  assertEquals(JSON.parse(String(await opened.next())), answer({ result: NOW }));
});

Deno.test("a WebSocket reset mid-way and a frame of a megabyte leave the server as it was", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: CLOCK });
  const { hostname, port } = new URL(server.http?.url ?? "");
  for (let i = 0; i < 100; i++) {
    const conn = await Deno.connect({ hostname, port: Number(port) });
    await conn.write(join(HANDSHAKE.replace("/ws", "/timesync"), frame(0x81, "{").subarray(0, 5)));
    conn.close();
  }
  const large = await Deno.connect({ hostname, port: Number(port) });
  await large.write(join(HANDSHAKE.replace("/ws", "/timesync")));
  const reading = new Response(large.readable).bytes();
  const octets = frame(0x81, "x".repeat(1_000_000));
  for (let at = 0; at < octets.length;) at += await large.write(octets.subarray(at));
  await large.closeWrite();
  // Closed with 1009, too long.
  assertEquals([...await reading].slice(-4), [0x88, 2, 1009 >> 8, 1009 & 0xff]);
  using opened = await open(server);
  opened.socket.send(request({ method: "timesync" }));
  assertEquals(JSON.parse(String(await opened.next())), answer({ result: NOW }));
});
