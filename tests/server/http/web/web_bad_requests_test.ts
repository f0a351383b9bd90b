/** Requests that are refused: each with its status and a sentence, and none leaves a line in the log. */
import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../../../mod.ts";
import { collectingLog } from "../../../support/collecting_log.ts";

interface BadRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
  readonly text: RegExp;
  readonly answered?: Readonly<Record<string, string>>;
}

const TOKEN = "0123456789abcdef";
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const long = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "time", x: "x".repeat(1024) });

const table: readonly BadRequest[] = [
  { path: "/metric", status: 404, text: /^There is no \/metric: did you mean \/metrics\?\n$/ },
  {
    path: "/constructor",
    status: 404,
    text: new RegExp(
      "^There is no /constructor: expected /time, /time.txt, /timesync, /timesync.js, /api/timezone/, " +
        "/healthz, /livez, /readyz, /metrics, /state, /clients, /history, /events or /\n$",
    ),
  },
  { path: "//time", status: 404, text: /^There is no \/\/time: / },
  ...["/time", "/time.txt", "/healthz", "/livez", "/readyz"].map((path) => ({
    method: "POST",
    path,
    status: 405,
    text: new RegExp(`^Cannot POST ${path}: expected GET, HEAD, OPTIONS\n$`),
    answered: { allow: "GET, HEAD, OPTIONS" },
  })),
  ...["/metrics", "/state", "/clients", "/history", "/events"].map((path) => ({
    method: "DELETE",
    path,
    status: 405,
    text: /^Cannot DELETE \/\w+: expected GET, HEAD\n$/,
    answered: { allow: "GET, HEAD" },
  })),
  {
    method: "PUT",
    path: "/timesync",
    status: 405,
    text: /^Cannot PUT \/timesync: expected /,
    answered: { allow: "GET, HEAD, POST, OPTIONS" },
  },
  { path: "/metrics?x=1", status: 401, text: /token/ },
  {
    path: "/timesync.js?v=1",
    status: 400,
    text: /^Unknown parameter "v": \/timesync.js has none\n$/,
  },
  { path: "/time?zon=UTC", status: 400, text: /^Unknown parameter "zon", did you mean zone\?\n$/ },
  { path: "/time?zone=UTC&zone=CET", status: 400, text: /^The parameter zone is given twice\n$/ },
  { path: "/time?zone=Nowhere", status: 400, text: /zone "Nowhere": expected one such as Europe/ },
  { path: "/time.txt?format=unixx", status: 400, text: /"unixx": did you mean unix\?/ },
  { path: "/time?listener=ntp://x", status: 404, text: /^There is no listener "ntp:\/\/x": / },
  {
    path: "/metrics?format=text",
    headers: { authorization: `Bearer ${TOKEN}` },
    status: 400,
    text: /^Unknown parameter "format"/,
  },
  {
    path: "/history?span=5h",
    headers: { authorization: `Bearer ${TOKEN}` },
    status: 400,
    text: /^There is no span "5h": did you mean 4h\?\n$/,
  },
  {
    path: "/clients?limit=0x",
    headers: { authorization: `Bearer ${TOKEN}` },
    status: 400,
    text: /limit.*0x/,
  },
  {
    method: "POST",
    path: "/timesync",
    headers: json,
    body: long,
    status: 413,
    text: /^Expected 1024 octets at most\n$/,
  },
  {
    method: "POST",
    path: "/session",
    headers: form,
    body: `token=${"x".repeat(1100)}`,
    status: 413,
    text: /^Expected 1024 octets at most\n$/,
  },
  { path: "/timesync", status: 426, text: /WebSocket/, answered: { upgrade: "websocket" } },
  ...["/metrics", "/state", "/clients", "/history", "/events"].flatMap((path) => [
    { path, status: 401, text: /^The token is missing or wrong\n$/ },
    {
      path,
      headers: { authorization: `Bearer ${TOKEN}x` },
      status: 401,
      text: /^The token is missing or wrong\n$/,
      answered: { "www-authenticate": "Bearer" },
    },
    {
      path,
      headers: { authorization: `Bearer ${TOKEN}`, origin: "http://a.example" },
      status: 403,
      text: /^Pages of other sites must not look at this server\n$/,
    },
    {
      path,
      headers: { authorization: `Bearer ${TOKEN}`, host: "evil.example:8880" },
      status: 421,
      text: /^"evil\.example" is no name of this server: see --http-name\n$/,
    },
  ]),
];

/** Sends a request, whose Host is free, over a connection of its own. */
async function send(
  url: string,
  { method = "GET", path, headers = {}, body = "" }: BadRequest,
): Promise<{ status: number; headers: Headers; text: string }> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const all = {
    host: "localhost",
    connection: "close",
    ...headers,
    ...body !== "" && { "content-length": String(body.length) },
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const request = [`${method} ${path} HTTP/1.1`, ...lines, "", body].join("\r\n");
  await conn.write(new TextEncoder().encode(request));
  const response = await new Response(conn.readable).text();
  const end = response.indexOf("\r\n\r\n");
  const [first = "", ...rest] = response.slice(0, end).split("\r\n");
  return {
    status: Number(first.split(" ")[1]),
    headers: new Headers(rest.map((line) => line.split(": ", 2) as [string, string])),
    text: response.slice(end + 4),
  };
}

Deno.test("a bad request is refused by its status and a sentence, and leaves no line in the log", async () => {
  const log = collectingLog({ level: "verbose" });
  await using server = await serve("ntp://127.0.0.1:0", {
    http: "127.0.0.1:0",
    httpToken: TOKEN,
    log,
  });
  const atStart = log.text();
  for (const request of table) {
    const { status, headers, text } = await send(server.http?.url ?? "", request);
    const name = JSON.stringify(request);
    assertEquals(status, request.status, `${name}: ${text}`);
    assertMatch(text, request.text, name);
    for (const [header, value] of Object.entries(request.answered ?? {})) {
      assertEquals(headers.get(header), value, `${name} ${header}`);
    }
    assertEquals(headers.get("x-content-type-options"), "nosniff", name);
  }
  assertEquals(log.text(), atStart);
});
