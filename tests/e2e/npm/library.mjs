// The library as Node finds it, with Node's own test runner.
import assert from "node:assert/strict";
import { test } from "node:test";
import { query, QueryError, sample, serve, ServerLog } from "timesrv";
import { explain, recordExchange } from "timesrv/explain";
import { check, compare } from "timesrv/measure";
import { decodeNtpPacket } from "timesrv/protocols";
import { scenarios } from "timesrv/testing";

test("a certificate has expired by 2038", async () => {
  await using server = await serve("ntp://127.0.0.1:0", {
    clock: { time: "2038-01-19T03:14:07Z", rate: 0 },
  });
  const reply = await query(server.url);
  assert.equal(reply.time.toString({ smallestUnit: "second" }), "2038-01-19T03:14:07Z");
  server.clock.step("PT1H");
  const later = await query(server.url);
  assert.equal(later.time.toString({ smallestUnit: "second" }), "2038-01-19T04:14:07Z");
});

test("every protocol is spoken, over IPv4 and IPv6", async () => {
  for (const host of ["127.0.0.1", "[::1]"]) {
    for (const protocol of ["ntp", "asctime", "daytime", "time"]) {
      await using server = await serve(`${protocol}://${host}:0`);
      const reply = await query(server.url);
      assert.equal(reply.protocol, protocol);
      assert.equal(server.totals.answered, 1);
    }
  }
});

test("a wildcard answers from the address that was asked", async () => {
  await using server = await serve("ntp://0.0.0.0:0");
  const loopback = server.addresses.find(({ hostname }) => hostname === "127.0.0.1");
  const reply = await query(loopback.url);
  assert.equal(reply.from.hostname, "127.0.0.1");
});

test("scenarios, faults and several exchanges", async () => {
  await using server = await serve("ntp://127.0.0.1:0", scenarios["leap-insert"]);
  assert.equal((await query(server.url)).leap, "insert");
  await using lossy = await serve("ntp://127.0.0.1:0", { faults: { drop: { every: 2 } } });
  const { exchanges } = await sample(lossy.url, { count: 4, interval: "1ms", timeout: "200ms" });
  assert.equal(exchanges.filter(({ reply }) => reply !== undefined).length, 2);
});

test("clients compare, check and explain", async () => {
  await using server = await serve(
    ["ntp://127.0.0.1:0", "ntp://127.0.0.1:0", "ntp://127.0.0.1:0?offset=5s"],
    { status: { local: 3 } },
  );
  const urls = server.addresses.map(({ url }) => url);
  const { servers } = await compare(urls);
  assert.deepEqual(servers.map(({ verdict }) => verdict), ["agrees", "agrees", "falseticker"]);
  assert.equal((await check(urls[2], { warning: { offset: "1s" } })).state, "WARNING");
  const exchange = await recordExchange(urls[0]);
  assert.equal(decodeNtpPacket(exchange.reply).stratum, 3);
  assert.ok(explain(exchange).reply.length > 10);
});

test("control interface and HTTP", async () => {
  await using server = await serve("127.0.0.1:0", { control: "127.0.0.1:0", http: "127.0.0.1:0" });
  const time = await (await fetch(`${server.http.url}/time`)).json();
  assert.equal(time.simulated, false);
  const response = await fetch(`${server.control.url}/clock`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ offset: "1h" }),
  });
  assert.equal((await response.json()).clock.offset, 3600);
});

test("a server follows another one", async () => {
  await using upstream = await serve("ntp://127.0.0.1:0", { status: { local: 1 } });
  await using server = await serve("ntp://127.0.0.1:0", { upstreams: [upstream.url] });
  for (let i = 0; i < 200 && server.upstreams[0].state !== "selected"; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(server.upstreams[0].state, "selected");
  assert.equal((await query(server.url)).stratum, 2);
});

test("errors have the same names and reasons", async () => {
  await using server = await serve("ntp://127.0.0.1:0");
  const { port } = server.addresses[0];
  await assert.rejects(serve(`ntp://127.0.0.1:${port}`), { name: "ListenError", reason: "in_use" });
  await assert.rejects(serve("ntp://192.0.2.1:0"), { reason: "not_of_this_machine" });
  await assert.rejects(serve("ntp://127.0.0.1:0", { transport: "mmsg" }), /mmsg/);
  const nts = { ntsSelfSigned: "ca.pem", ntsPort: 0 };
  const needsDeno = { message: "NTS needs Deno, which calls OpenSSL" };
  await assert.rejects(serve("ntp://127.0.0.1:0", nts), needsDeno);
  await assert.rejects(query("ntp+nts://localhost:1"), needsDeno);
  await assert.rejects(serve("ntp://127.0.0.1:0", { nothing: 1 }), SyntaxError);
  await using silent = await serve("ntp://127.0.0.1:0", { faults: { drop: 1 } });
  const error = await query(silent.url, { timeout: "100ms" }).catch((error) => error);
  assert.ok(error instanceof QueryError);
  assert.equal(error.reason, "timeout");
});

test("the log goes to the sink that is given", async () => {
  const lines = [];
  const sink = {
    write(data) {
      lines.push(new TextDecoder().decode(data));
      return Promise.resolve(data.length);
    },
  };
  const log = new ServerLog({ sink, format: "json" });
  await (await serve("ntp://127.0.0.1:0", { log })).shutdown();
  assert.match(lines.join(""), /"event":"listening"/);
});
