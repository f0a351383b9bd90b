import { assertEquals, assertMatch } from "@std/assert";
import { readJson } from "../../../src/server/http/body.ts";
import { serve } from "../../../mod.ts";
import { ask, raw, settings } from "./http.ts";

const control = "127.0.0.1:0";
const ntp = "ntp://127.0.0.1:0";

Deno.test("HEAD has the status and the headers of GET, and no body", async () => {
  await using server = await serve(ntp, { control });
  for (const path of ["/state", "/clients", "/faults", "/nothing"]) {
    const [get, head] = await Promise.all(["GET", "HEAD"].map(async (method) => {
      const response = await fetch(`${server.control?.url}${path}`, { method });
      const headers = Object.fromEntries(response.headers);
      return { status: response.status, headers, body: await response.text() };
    }));
    assertEquals([head?.status, head?.body], [get?.status, ""], path);
    const names = (headers: Record<string, string> = {}): string[] => Object.keys(headers).sort();
    assertEquals(names(head?.headers), names(get?.headers), path);
    if (path === "/faults") assertEquals(head?.headers.allow, "PUT, DELETE");
  }
  const text = await raw(server, "HEAD /state HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertMatch(text, /^HTTP\/1\.1 200 [^]*\r\ncontent-length: [1-9]\d*\r\n[^]*\r\n\r\n$/i);
});

Deno.test("a request without a body needs no content type, one with a body does", async () => {
  await using server = await serve(ntp, { control, faults: { drop: 1 } });
  const send = (method: string, path: string, body?: BodyInit): Promise<number> =>
    fetch(`${server.control?.url}${path}`, { method, ...(body !== undefined && { body }) })
      .then(async (response) => (await response.body?.cancel(), response.status));
  // Octets, and a stream of them, for which fetch() names no type.
  const octets = new TextEncoder().encode('{"rate":2}');
  const before = await settings(server);
  assertEquals(await send("POST", "/clock", octets), 415);
  assertEquals(await send("POST", "/clock", new Blob([octets]).stream()), 415);
  assertEquals(await send("POST", "/reset", octets), 415);
  assertEquals(await send("PATCH", "/clock"), 400);
  assertEquals(await settings(server), before);
  assertEquals(await send("DELETE", "/faults"), 200);
  const { body } = await ask(server, "GET", "/state");
  assertEquals(body.listeners[0].faults, {});
  assertEquals(await send("POST", "/reset"), 200);
  assertEquals(await settings(server), before);
});

Deno.test("a body has 65,536 octets at most, by its length or in fact, and is JSON in any parts", async () => {
  const read = async (
    parts: readonly string[],
    headers: Record<string, string> = {},
  ): Promise<unknown> => {
    const octets = parts.map((part) => new TextEncoder().encode(part));
    const request = {
      method: "POST",
      url: new URL("http://localhost/"),
      headers: new Headers({ "content-type": "application/json", ...headers }),
      isLocal: true,
      peer: "127.0.0.1",
      body: ReadableStream.from(octets),
    };
    return await readJson(request).catch((error) => error.status);
  };
  const longest = JSON.stringify("x".repeat(65_534));
  assertEquals(await read([longest]), JSON.parse(longest));
  assertEquals(await read([`${longest} `]), 413);
  assertEquals(await read([longest.slice(0, 9), longest.slice(9)]), JSON.parse(longest));
  assertEquals(await read([longest.slice(0, 9), longest.slice(9), " "]), 413);
  assertEquals(await read(["{}"], { "content-length": "65536" }), {});
  assertEquals(await read(["{}"], { "content-length": "65537" }), 413);
  assertEquals(await read(['{"a"', ":", "[1]}"], { "content-type": "Application/JSON;x=y" }), {
    a: [1],
  });
  assertEquals(await read(["{}"], { "content-type": "text/json" }), 415);
  assertEquals(await read(["{"]), 400);
});
