/** What the status page reads, from a real server. */
import { assert, assertEquals } from "@std/assert";
import { query, serve, type Server } from "../../../../../mod.ts";
import { assertDocumented } from "../../../../support/documented.ts";
import { until, within } from "../../../../support/wait.ts";

const http = "127.0.0.1:0";

// deno-lint-ignore no-explicit-any -- whatever the test looks for
type Json = any;

interface Event {
  readonly name: string;
  readonly id?: string | undefined;
  readonly data: Json;
}

/** Server-Sent Events as they come, until it is disposed of. */
class Events implements AsyncDisposable {
  readonly seen: Event[] = [];
  readonly #end = new AbortController();
  readonly #reading: Promise<void>;

  constructor(server: Server, headers: Record<string, string> = {}) {
    this.#reading = this.#read(`${server.http?.url}/events`, headers).catch(() => {});
  }

  /** The data of an event that has come, or comes within 10 s. */
  async next(name: string, matches: (data: Json) => boolean = () => true): Promise<Json> {
    const find = (): Event | undefined =>
      this.seen.find((each) => each.name === name && matches(each.data));
    await until(() => find() !== undefined);
    return find()?.data;
  }

  async #read(url: string, headers: Record<string, string>): Promise<void> {
    const response = await fetch(url, { headers, signal: this.#end.signal });
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    let rest = "";
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.#add(block);
    }
  }

  #add(block: string): void {
    const lines = new Map(
      block.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]),
    );
    const name = lines.get("event");
    if (name === undefined) return;
    this.seen.push({ name, id: lines.get("id"), data: JSON.parse(lines.get("data") ?? "null") });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#reading;
  }
}

async function get(server: Server, path: string): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${server.http?.url}${path}`);
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

Deno.test("/events sends the state, each second's counts, clients and news", async () => {
  await using server = await serve("127.0.0.1:0", { http });
  await using events = new Events(server);
  const state = await events.next("state");
  assertEquals(state.listeners[0].url, server.url);
  assertDocumented(state, "control");
  const { at, ...news } = await events.next("news");
  assertEquals(news, { level: "ok", text: "Started" });
  assertDocumented({ at, ...news }, "news");
  assertDocumented(await events.next("clients"), "control");
  const { port } = new URL(server.url);
  await query(`ntp://127.0.0.1:${port}`);
  await query(`asctime://127.0.0.1:${port}`);
  const tick = await events.next("tick", ({ received }) => received > 0);
  assert(Math.abs(tick.time - Date.now()) < 60_000);
  assertEquals(typeof tick.bound, "number");
  assertDocumented(tick, "tick");
  const counted = (): Json[] => events.seen.filter(({ name }) => name === "tick");
  const sum = (of: (data: Json) => number): number =>
    counted().reduce((sum, { data }) => sum + of(data), 0);
  await until(() => sum(({ replies }) => replies.ntp + replies.asctime) === 2);
  assertEquals(sum(({ replies }) => replies.asctime), 1);
  assertEquals(sum(({ listeners }) => listeners[0][0]), 2);
});

Deno.test("/events and /history name upstream servers as their URLs are written", async () => {
  const upstreams = ["ntp://LocalHost:9?minpoll=4"];
  await using server = await serve("ntp://127.0.0.1:0", { http, upstreams });
  await using events = new Events(server);
  const state = await events.next("state");
  const tick = await events.next("tick");
  const urls = state.upstreams.map(({ url }: { readonly url: string }) => url);
  assertEquals([urls, Object.keys(tick.upstreams)], [["ntp://LocalHost:9"], ["ntp://LocalHost:9"]]);
});

Deno.test("/events says when the clock is simulated, and when that is over", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http });
  await using events = new Events(server);
  assertEquals((await events.next("state")).warnings, []);
  server.clock.set({ offset: "1h" });
  const { warnings, clock } = await events.next("state", ({ warnings }) => warnings.length > 0);
  assertEquals([warnings[0].kind, clock.simulated], ["simulated", ["offset +1 h 0 min"]]);
  assert(Date.parse(warnings[0].since) > Date.now() - 60_000);
  server.clock.reset();
  const news = await events.next("news", ({ text }) => text.includes("true time"));
  assertEquals(news.level, "ok");
  await using later = new Events(server, { "last-event-id": "2" });
  await later.next("news");
  const ids = later.seen.filter(({ name }) => name === "news").map(({ id }) => id);
  assertEquals(ids[0], "3");
});

Deno.test("/state, /clients and /history are there for those who may look", async () => {
  await using server = await serve("127.0.0.1:0", { http });
  const { status, body } = await get(server, "/state");
  assertEquals([status, body.schema], [200, 1]);
  assertDocumented(body, "control");
  assertDocumented((await get(server, "/clients?limit=3")).body, "control");
  assertEquals((await get(server, "/clients?limit=x")).status, 400);
  for (const span of ["", "?span=10m", "?span=4h", "?span=48h"]) {
    const { status, body } = await get(server, `/history${span}`);
    assertEquals(status, 200, span);
    assertDocumented(body, "history");
  }
  assertEquals(await get(server, "/history?span=1y"), {
    status: 400,
    body: 'There is no span "1y": expected 10m, 4h or 48h\n',
  });
});

Deno.test("at most 32 watch at once, and one that leaves makes room", async () => {
  await using server = await serve("127.0.0.1:0", { http });
  const watching = Array.from({ length: 32 }, () => new Events(server));
  for (const each of watching) await each.next("state");
  const full = await get(server, "/events");
  assertEquals(full.status, 503);
  await watching[0]?.[Symbol.asyncDispose]();
  await within(
    10,
    (async () => {
      while ((await fetch(`${server.http?.url}/events`, { method: "HEAD" })).status !== 200);
    })(),
  );
  for (const each of watching) await each[Symbol.asyncDispose]();
});

Deno.test("without the part page nothing watches the server", async () => {
  await using server = await serve("127.0.0.1:0", { http, httpParts: ["time", "metrics"] });
  for (const path of ["/state", "/events", "/history", "/clients"]) {
    assertEquals((await get(server, path)).status, 404, path);
  }
});

Deno.test("where both interfaces share an address, programs that may control get control's state", async () => {
  const controlToken = "0123456789abcdef";
  await using server = await serve("ntp://127.0.0.1:0", {
    http: "127.0.0.1:0",
    control: "127.0.0.1:0",
    controlToken,
    clock: { offset: "1h" },
  });
  const sinceOf = async (headers: Record<string, string>): Promise<Json> => {
    const response = await fetch(`${server.http?.url}/state`, { headers });
    return (await response.json()).warnings[0].since;
  };
  assertEquals(await sinceOf({ authorization: `Bearer ${controlToken}` }), null);
  assertEquals(typeof await sinceOf({}), "string");
});

Deno.test("where both interfaces share an address, they count wrong tokens together, each request once", async () => {
  const [controlToken, httpToken] = ["0123456789abcdef", "fedcba9876543210"];
  await using server = await serve("ntp://127.0.0.1:0", {
    ...{ http: "127.0.0.1:0", httpToken, control: "127.0.0.1:0", controlToken },
  });
  const statusOf = async (path: string, token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${server.http?.url}${path}`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  // The token of the one interface is no guess at the other's.
  for (let i = 0; i < 9; i++) assertEquals(await statusOf("/state", httpToken), 200);
  for (let i = 0; i < 5; i++) assertEquals(await statusOf("/state", `wrong-${i}`), 401);
  for (const path of ["/state", "/metrics", "/access"]) {
    for (const token of [controlToken, httpToken]) assertEquals(await statusOf(path, token), 429);
  }
  assertEquals(await statusOf("/time", "wrong"), 200);
});
