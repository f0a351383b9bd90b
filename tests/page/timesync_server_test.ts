import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { createClock } from "../../src/page/timesync.js";

const http = "127.0.0.1:0";

Deno.test("the module keeps the served time within its bound, over both transports", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: { offset: "5s" } });
  for (const transport of ["fetch", "websocket"] as const) {
    const clock = createClock({ server: server.http?.url ?? "", samples: 3, transport });
    await clock.ready;
    const error = clock.now() - Number(server.clock.now().epochNanoseconds) / 1e6;
    assert(Math.abs(error) <= clock.bound, `${error} of ${clock.bound} ms by ${transport}`);
    assertEquals(clock.status, "simulated");
    clock.close();
  }
});

Deno.test("the module is small, is served to pages of all sites, and once only", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http });
  const url = `${server.http?.url}/timesync.js`;
  const response = await fetch(url, { headers: { origin: "https://site.example" } });
  const text = await response.text();
  assertEquals(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  assertEquals(response.headers.get("access-control-allow-origin"), "*");
  assertEquals(response.headers.get("content-encoding"), "gzip");
  assert(text.length > 3000 && text.length < 4096, `${text.length} octets`);
  assertMatch(text, /export\{\w+ as createClock\};$/m);
  const { createClock } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const clock = createClock({ server: server.http?.url, samples: 1 });
  assert(Math.abs((await clock.ready).now() - Date.now()) < 60_000);
  clock.close();
  const plain = await fetch(url, { headers: { "accept-encoding": "identity" } });
  assertEquals([plain.headers.get("content-encoding"), await plain.text()], [null, text]);
  const etag = response.headers.get("etag") ?? "";
  const again = await fetch(url, { headers: { "if-none-match": etag } });
  assertEquals([again.status, await again.text()], [304, ""]);
});

Deno.test("the npm package timesync gets the time", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: { offset: "1h" } });
  // Without it, the package looks for a module of Node that is not there.
  Object.assign(globalThis, { window: globalThis });
  try {
    const { default: timesync } = await import("timesync");
    const client = timesync.create({
      server: `${server.http?.url}/timesync`,
      interval: null,
      delay: 1,
    });
    await client.sync();
    assert(Math.abs(client.now() - server.clock.now().epochMilliseconds) < 60_000);
    client.destroy();
  } finally {
    Reflect.deleteProperty(globalThis, "window");
  }
});
