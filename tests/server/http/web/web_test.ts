import { assert, assertEquals, assertRejects } from "@std/assert";
import { serve, type Server } from "../../../../mod.ts";
import { assertDocumented } from "../../../support/documented.ts";
import { until } from "../../../support/wait.ts";
import { get } from "./get.ts";

const http = "127.0.0.1:0";

/** Sends a request whose Host is a name. */
async function getAs(server: Server, host: string, path: string): Promise<number> {
  const { port } = new URL(server.http?.url ?? "");
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await conn.write(
    new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
  );
  const text = await new Response(conn.readable).text().catch(() => "");
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

const CLOCK = { time: "2030-01-02T03:04:05.678Z", rate: 0 };

Deno.test("the served time is there as JSON, with its status", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: CLOCK });
  const { status, text, headers } = await get(server, "/time?zone=Asia/Kolkata");
  assertDocumented(JSON.parse(text), "served_time");
  const { root_dispersion, ...body } = JSON.parse(text);
  assertEquals([status, headers.get("date")], [200, "Wed, 02 Jan 2030 03:04:05 GMT"]);
  assert(root_dispersion > 0);
  assertEquals(body, {
    schema: 1,
    time: "2030-01-02T03:04:05.678000000Z",
    unix: 1893553445.678,
    t2: 1893553445678,
    t3: 1893553445678,
    leap: "none",
    stratum: 10,
    reference_id: "127.127.1.1",
    root_delay: 0,
    root_distance: root_dispersion,
    synchronized: true,
    simulated: true,
    local: "2030-01-02T08:34:05.678+05:30[Asia/Kolkata]",
    utc_offset: "+05:30",
  });
  assertEquals(headers.get("access-control-allow-origin"), "*");
});

Deno.test("the served time is there as a line of text, in six forms and any zone", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, clock: CLOCK });
  const table: [path: string, text: string][] = [
    ["", "2030-01-02T03:04:05.678Z"],
    ["?zone=America/New_York", "2030-01-01T22:04:05.678-05:00"],
    ["?format=unix", "1893553445.678000"],
    ["?format=unixms", "1893553445678"],
    ["?format=asctime", "Wed Jan  2 03:04:05 2030"],
    ["?format=asctime&zone=Asia/Tokyo", "Wed Jan  2 12:04:05 2030"],
    ["?format=rfc1123", "Wed, 02 Jan 2030 03:04:05 GMT"],
    ["?format=ntp", "f487d3a5ad916872"],
  ];
  for (const [path, expected] of table) {
    const { status, text } = await get(server, `/time.txt${path}`);
    assertEquals([status, text], [200, `${expected}\n`], path);
  }
  for (const path of ["?format=x", "?zone=Nowhere", "?zones=UTC"]) {
    assertEquals((await get(server, `/time.txt${path}`)).status, 400, path);
  }
  const { text } = await get(server, "/time", { accept: "text/plain, application/json;q=0.5" });
  assertEquals(text, "2030-01-02T03:04:05.678Z\n");
});

Deno.test("times before 1970 are rounded down in all forms, as over UDP", async () => {
  const clock = { time: "1969-12-31T23:59:58.9999999Z", rate: 0 };
  await using server = await serve("ntp://127.0.0.1:0", { http, clock });
  const table = {
    iso: "1969-12-31T23:59:58.999Z",
    unix: "-1.000001",
    unixms: "-1001",
    asctime: "Wed Dec 31 23:59:58 1969",
    rfc1123: "Wed, 31 Dec 1969 23:59:58 GMT",
  };
  for (const [form, expected] of Object.entries(table)) {
    const { text } = await get(server, `/time.txt?format=${form}`);
    assertEquals(text, `${expected}\n`, form);
  }
  assertEquals(JSON.parse((await get(server, "/time")).text).unix, -1.000001);
});

Deno.test("a time that no date can express stops nothing but its text", async () => {
  const clock = { time: "+275760-09-12T23:59:59.999Z", rate: 1_000_000 };
  await using server = await serve("ntp://127.0.0.1:0", {
    http,
    clock,
    status: { leap: "insert" },
  });
  const isBeyond = (): boolean => {
    try {
      return server.clock.now() === undefined;
    } catch {
      return true;
    }
  };
  await until(isBeyond, 5);
  for (const path of ["/time", "/time.txt", "/time.txt?format=asctime", "/api/timezone/Etc/UTC"]) {
    const { status, text } = await get(server, path);
    assertEquals(
      [status, text],
      [503, "The served time is outside the years -271821 to 275760\n"],
      path,
    );
  }
  const { text } = await get(server, "/metrics");
  const [, seconds] = /^timesrv_served_time_seconds\{clock="server"\} (\S+)$/m.exec(text) ?? [];
  assert(Number(seconds) > 8.64e12, seconds);
  const { warnings } = JSON.parse((await get(server, "/state")).text);
  assertEquals(warnings.at(-1)?.text, "A second is added at the end of the month: 23:59:60.");
});

Deno.test("a listener with its own clock can be chosen, and another one is named", async () => {
  await using server = await serve(["ntp://127.0.0.1:0?time=2031-01-01T00:00:00Z&rate=0"], {
    http,
  });
  const { text } = await get(server, `/time.txt?listener=${encodeURIComponent(server.url)}`);
  assertEquals(text, "2031-01-01T00:00:00.000Z\n");
  assertEquals((await get(server, "/time?listener=ntp://127.0.0.1:1")).status, 404);
});

Deno.test("readiness says what is wrong, liveness only that it lives", async () => {
  await using good = await serve("ntp://127.0.0.1:0", { http });
  assertEquals((await get(good, "/readyz")).text, "ok\n");
  await using server = await serve("ntp://127.0.0.1:0", { http, status: { unsynchronized: true } });
  const [ready, all, alive, time, text] = await Promise.all([
    get(server, "/readyz"),
    get(server, "/readyz?verbose"),
    get(server, "/healthz"),
    get(server, "/time"),
    get(server, "/time.txt"),
  ]);
  assertEquals([ready.status, ready.text], [503, "the clock is not synchronised\n"]);
  assertEquals(all.text, "[+]listeners ok\n[-]clock: the clock is not synchronised\n");
  assertEquals([alive.status, alive.text], [200, "ok\n"]);
  const { time: _, unix: _unix, t2: _t2, t3: _t3, ...stated } = JSON.parse(time.text);
  assertEquals(stated, {
    schema: 1,
    leap: "unsynchronized",
    stratum: 0,
    reference_id: "",
    root_delay: null,
    root_dispersion: null,
    root_distance: null,
    synchronized: false,
    simulated: false,
  });
  assertEquals(text.status, 503);
});

Deno.test("metrics are for those with the token, not for other sites and not by a stranger's name", async () => {
  const httpToken = "0123456789abcdef";
  await using server = await serve("ntp://127.0.0.1:0", {
    http,
    httpToken,
    httpNames: ["time.example"],
  });
  const status = async (path: string, headers: Record<string, string>): Promise<number> =>
    (await get(server, path, headers)).status;
  const authorization = `Bearer ${httpToken}`;
  assertEquals(await status("/metrics", {}), 401);
  assertEquals(await status("/metrics", { authorization: `Bearer ${httpToken}x` }), 401);
  assertEquals(await status("/metrics", { authorization }), 200);
  assertEquals(await status("/metrics", { authorization, origin: "http://a.example" }), 403);
  assertEquals(await status("/metrics", { authorization, "sec-fetch-site": "same-site" }), 403);
  assertEquals(await status("/time", { origin: "http://a.example" }), 200);
  await using open = await serve("ntp://127.0.0.1:0", { http, httpNames: ["Time.Example"] });
  for (
    const [host, expected] of [
      ["127.0.0.1", 200],
      ["localhost:8880", 200],
      ["[::1]:8880", 200],
      ["192.0.2.7", 200],
      ["time.example", 200],
      ["TIME.example.:8880", 200],
      ["evil.example", 421],
      ["time.example.evil.example", 421],
    ] as const
  ) assertEquals(await getAs(open, host, "/metrics"), expected, host);
});

Deno.test("only the chosen parts are there, for GET and HEAD", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, httpParts: ["health"] });
  for (const [path, status] of [["/healthz", 200], ["/time", 404], ["/metrics", 404]] as const) {
    assertEquals((await get(server, path)).status, status, path);
  }
  const head = await get(server, "/healthz", {}, "HEAD");
  assertEquals([head.status, head.text], [200, ""]);
  const post = await get(server, "/healthz", {}, "POST");
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
});

Deno.test("one address can have both interfaces, each with its own rights", async () => {
  const control = "127.0.0.1:0";
  const controlToken = "fedcba9876543210";
  await using server = await serve("ntp://127.0.0.1:0", { http: control, control, controlToken });
  assertEquals(server.http?.url, server.control?.url);
  assertEquals((await get(server, "/time")).status, 200);
  const authorization = `Bearer ${controlToken}`;
  assertEquals((await get(server, "/access")).status, 401);
  assertEquals((await get(server, "/access", { authorization })).status, 200);
  // The state is for the status page too.
  assertEquals((await get(server, "/state")).status, 200);
});

Deno.test("options of HTTP without --http, and unknown parts, are refused", async () => {
  for (
    const options of [
      { httpToken: "0123456789abcdef" },
      { http, httpParts: ["pages"] },
      { http, httpNames: ["a b"] },
      { http: "nowhere at all" },
    ]
  ) {
    const given = options as Parameters<typeof serve>[1];
    await assertRejects(() => serve("ntp://127.0.0.1:0", given), SyntaxError);
  }
});
