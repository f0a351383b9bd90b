import { assert, assertEquals, assertRejects } from "@std/assert";
import { WebGate } from "../../../../src/server/http/web/web_gate.ts";
import { FakeTime } from "../../../support/fake_time.ts";
import { HttpError, type HttpRequest } from "../../../../src/http/message.ts";

const token = "0123456789abcdef";
const host = "192.0.2.1:8880";
const own = { host, origin: `http://${host}` };

function requestWith(headers: Record<string, string>, peer = "192.0.2.7"): HttpRequest {
  return {
    method: "POST",
    url: new URL("http://localhost/session"),
    headers: new Headers(headers),
    isLocal: false,
    peer,
    body: new Response("").body ?? ReadableStream.from([]),
  };
}

/** The status that a promise is refused with; undefined if it is not. */
async function statusOf(promise: Promise<unknown>): Promise<number | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return error.status;
  }
}

Deno.test("WebGate gives a browser with the token a cookie, which lets it look for 30 days", async () => {
  const timers = new FakeTime();
  const gate = new WebGate({ token, names: [], timers });
  const header = await gate.open(requestWith(own), token);
  const [cookie = "", ...attributes] = header.split("; ");
  assertEquals(attributes, ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Strict"]);
  assert(/^timesrv-8880=[\w-]{32}$/.test(cookie), cookie);
  const look = (headers: Record<string, string>): Promise<number | undefined> =>
    statusOf(gate.authorize(requestWith({ host, ...headers })));
  assertEquals(await look({ cookie: `other=1; ${cookie}` }), undefined);
  assertEquals(await look({ cookie: `${cookie}x` }), 401);
  assertEquals(await look({}), 401);
  assertEquals(await look({ cookie, origin: "http://192.0.2.9" }), 403);
  await timers.advance(30 * 86_400_000);
  assertEquals(await look({ cookie }), 401);
});

Deno.test("WebGate ends the session of a browser that leaves", async () => {
  const gate = new WebGate({ token, names: ["time.example"] });
  const named = { host: "time.example", origin: "https://time.example" };
  const [cookie = "", ...attributes] = (await gate.open(requestWith(named), token)).split("; ");
  assertEquals(attributes.at(-1), "Secure");
  const request = requestWith({ ...named, cookie });
  assertEquals(gate.close(request).split(";")[0], "timesrv-80=");
  const look = gate.authorize(requestWith({ host: "time.example", cookie }));
  assertEquals(await statusOf(look), 401);
});

Deno.test("WebGate lets an address try five tokens a minute", async () => {
  const timers = new FakeTime();
  const gate = new WebGate({ token, names: [], timers });
  const attempt = (given: string, peer?: string): Promise<number | undefined> =>
    statusOf(gate.open(requestWith(own, peer), given));
  for (let i = 0; i < 5; i++) assertEquals(await attempt(`wrong\n${i}`), 401);
  assertEquals(await attempt(token), 429);
  assertEquals(await attempt(token, "192.0.2.8"), undefined);
  const many = Array.from({ length: 20 }, () => attempt("wrong", "192.0.2.9"));
  const refused = (await Promise.all(many)).filter((status) => status === 429);
  assertEquals(refused.length, 15);
  await timers.advance(60_000);
  assertEquals(await attempt(token), undefined);
});

Deno.test("WebGate counts wrong bearer tokens with those of forms, but no request without one", async () => {
  const gate = new WebGate({ token, names: [] });
  const look = (headers: Record<string, string>): Promise<number | undefined> =>
    statusOf(gate.authorize(requestWith({ host, ...headers })));
  const [cookie = ""] = (await gate.open(requestWith(own), token)).split("; ");
  for (let i = 0; i < 9; i++) assertEquals(await look({}), 401);
  for (let i = 0; i < 3; i++) {
    assertEquals(await look({ authorization: `Bearer wrong-${i}` }), 401);
  }
  for (let i = 0; i < 2; i++) {
    assertEquals(await statusOf(gate.open(requestWith(own), `wrong-${i}`)), 401);
  }
  const authorization = `Bearer ${token}`;
  assertEquals([await look({ authorization }), await look({ cookie })], [429, undefined]);
  const other = requestWith({ host, authorization }, "192.0.2.8");
  assertEquals(await statusOf(gate.authorize(other)), undefined);
});

Deno.test("WebGate says when the session of a request has ended", async () => {
  const timers = new FakeTime();
  const gate = new WebGate({ token, names: [], timers });
  const admit = async (headers: Record<string, string>): Promise<() => boolean> =>
    await gate.authorize(requestWith({ ...own, ...headers }));
  const open = async (): Promise<string> =>
    (await gate.open(requestWith(own), token)).split("; ")[0] ?? "";
  const [first, second] = [await open(), await open()];
  const all = [
    await admit({ cookie: first }),
    await admit({ cookie: second }),
    await admit({ authorization: `Bearer ${token}` }),
  ];
  const still = (): boolean[] => all.map((mayLook) => mayLook());
  assertEquals(still(), [true, true, true]);
  gate.close(requestWith({ ...own, cookie: first }));
  assertEquals(still(), [false, true, true]);
  await timers.advance(30 * 86_400_000);
  assertEquals(still(), [false, false, true]);
});

Deno.test("WebGate opens sessions for forms of its own pages alone", async () => {
  const gate = new WebGate({ token, names: [] });
  const origins: readonly Record<string, string>[] = [
    { host },
    { host, origin: "null" },
    { host, origin: "http://192.0.2.1:8881" },
    { host, origin: "http://evil.example" },
  ];
  for (const headers of origins) {
    assertEquals(await statusOf(gate.open(requestWith(headers), token)), 403);
    assertEquals(await statusOf(Promise.try(() => gate.close(requestWith(headers)))), 403);
  }
  const rebound = { host: "evil.example:8880", origin: "http://evil.example:8880" };
  await assertRejects(() => gate.open(requestWith(rebound), token), HttpError, "--http-name");
});

Deno.test("WebGate keeps a hundred sessions", async () => {
  const gate = new WebGate({ token, names: [] });
  const cookies: string[] = [];
  for (let i = 0; i < 101; i++) {
    cookies.push((await gate.open(requestWith(own), token)).split(";")[0] ?? "");
  }
  const look = (cookie = ""): Promise<number | undefined> =>
    statusOf(gate.authorize(requestWith({ host, cookie })));
  assertEquals([await look(cookies[0]), await look(cookies[1]), await look(cookies[100])], [
    401,
    undefined,
    undefined,
  ]);
});
