/** From start to shutdown, and what is said meanwhile. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serve, type ServerLogOptions } from "../../mod.ts";
import { collectingLog } from "../support/collecting_log.ts";
import { UdpClient } from "../support/udp_client.ts";
import { until, within } from "../support/wait.ts";
import { accountedFor, eachWay, settled } from "./transports.ts";
import { queryOnce } from "../support/query_once.ts";

const FREE = "asctime://127.0.0.1:0";

(await eachWay("many servers run side by side and free their ports", async (way) => {
  const servers = await Promise.all(Array.from({ length: 8 }, () => serve(FREE, way)));
  const urls = servers.map(({ addresses }) => addresses[0]?.url ?? "");
  assertEquals(new Set(urls).size, 8);
  const replies = await Promise.all(urls.map((url) => queryOnce(url)));
  assertEquals(replies.map(({ url }) => url), urls);
  await Promise.all(servers.map((server) => server.shutdown()));
  await using again = await serve(urls, way);
  assertEquals(again.addresses.map(({ url }) => url), urls);
})).forEach((test) => Deno.test(test));

(await eachWay("shutdown resolves finished, and may be called again", async (way) => {
  const server = await serve(FREE, way);
  await within(10, Promise.all([server.shutdown(), server.shutdown(), server.finished]));
  await server.shutdown();
  assertEquals(accountedFor(server), 0);
})).forEach((test) => Deno.test(test));

(await eachWay("a signal shuts the server down, or keeps it from starting", async (way) => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = await serve(FREE, { ...way, signal });
  const url = server.addresses[0]?.url ?? "";
  await queryOnce(url);
  controller.abort(new Error("enough"));
  await within(20, server.finished);
  assertEquals(await settled(server, 1), { answered: 1 });
  await assertRejects(() => serve(url, { ...way, signal }), Error, "enough");
  await using again = await serve(url, way);
  assertEquals(again.addresses[0]?.url, url);
})).forEach((test) => Deno.test(test));

(await eachWay("a server aborted while it starts leaves nothing open", async (way) => {
  const controller = new AbortController();
  const { signal } = controller;
  const starting = serve([FREE, "asctime://localhost:0"], { ...way, signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => starting, Error, "enough");
})).forEach((test) => Deno.test(test));

(await eachWay(
  "a server that stops under load replies to all requests it has accepted",
  async (way) => {
    const server = await serve(FREE, way);
    const port = server.addresses[0]?.port ?? 0;
    const clients = Array.from({ length: 8 }, () => new UdpClient());
    const asking = clients.map((client) => client.askUntilEnded(port));
    await until(() => server.totals.answered > 1000);
    await within(20, server.shutdown());
    const { received, answered, refused } = server.totals;
    assertEquals(received, answered + refused.stopping);
    assertEquals(accountedFor(server), received);
    for (const client of clients) await client.end();
    await Promise.all(asking);
    // What was counted as answered has come.
    assertEquals(clients.reduce((sum, { replies }) => sum + replies, 0), answered);
    for (const client of clients) client[Symbol.dispose]();
  },
)).forEach((test) => Deno.test(test));

/** Has a server log what two clients ask for, without the lines that differ by design. */
async function logOf(
  way: Parameters<Parameters<typeof eachWay>[1]>[0],
  options: Omit<ServerLogOptions, "sink">,
): Promise<{ lines: string[]; urls: string[]; clients: string[] }> {
  const log = collectingLog(options);
  const server = await serve([FREE, "ntp://[::1]:0"], { ...way, log });
  const [text, ntp] = server.addresses;
  using four = new UdpClient();
  using six = new UdpClient("::1");
  await four.ask(new Uint8Array(3), text);
  await four.send(new TextEncoder().encode("Fri Apr  3 21:09:36 2020"), text);
  // If another worker reported it, it might come first.
  await until(() => accountedFor(server) === 2);
  const request = new Uint8Array(48);
  request[0] = 0x23;
  await six.ask(request, ntp);
  await settled(server, 3);
  await server.shutdown();
  return {
    lines: log.lines().filter((line) =>
      !/transport: /i.test(line) && !line.includes('"transport"')
    ),
    urls: server.addresses.map(({ url }) => url),
    clients: [`127.0.0.1:${four.address.port}`, `[::1]:${six.address.port}`],
  };
}

(await eachWay("the log agrees with the totals", async (way) => {
  const { lines, urls, clients } = await logOf(way, { level: "verbose" });
  const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;
  for (const line of lines) assertMatch(line, stamp);
  const said = lines.map((line) => line.replace(stamp, ""));
  assertEquals(said.slice(0, 2), [
    `Serving asctime on udp ${urls[0]?.replace("asctime://", "")}`,
    `Serving ntp on udp ${urls[1]?.replace("ntp://", "")}`,
  ]);
  // The reports of two workers arrive in any order.
  assertEquals(said.slice(2).toSorted(), [
    `Refused ${clients[0]}: looks_like_a_reply (text, 24 octets to ${urls[0]})`,
    `Time request from ${clients[0]} (text): 3 octets to ${urls[0]}`,
    `Time request from ${clients[1]} (NTP v4 client): 48 octets to ${urls[1]}`,
  ]);
}, { ipv6: true })).forEach((test) => Deno.test(test));

(await eachWay("the log has the same as JSON, and nothing at level quiet", async (way) => {
  const { lines, urls, clients } = await logOf(way, { format: "json" });
  const said = lines.map((line) => {
    const { time, ...rest } = JSON.parse(line);
    assert(Math.abs(Temporal.Instant.from(time).epochMilliseconds - Date.now()) < 60_000);
    return rest;
  });
  const [first, second, ...requests] = said;
  assertEquals([first.event, first.url, second.event, second.url], [
    ...["listening", urls[0], "listening", urls[1]],
  ]);
  assertEquals(requests.toSorted((a, b) => a.octets - b.octets), [
    { event: "request", from: clients[0], url: urls[0], octets: 3, protocol: "asctime" },
    {
      event: "request",
      from: clients[1],
      url: urls[1],
      octets: 48,
      protocol: "ntp",
      version: 4,
      mode: 3,
    },
  ]);
  assertEquals((await logOf(way, { level: "quiet" })).lines, []);
}, { ipv6: true })).forEach((test) => Deno.test(test));

(await eachWay(
  "the log has the first requests of a second and sums up the rest",
  async (way) => {
    const log = collectingLog();
    const server = await serve(FREE, { ...way, log });
    using client = new UdpClient();
    const requests = 200;
    for (let i = 0; i < requests; i++) await client.ask(new Uint8Array(1), server.addresses[0]);
    await server.shutdown();
    const text = log.text();
    const told = text.match(/Time request from/g)?.length ?? 0;
    const untold = [...text.matchAll(/and (\d+) more time requests?/g)];
    assertEquals(told + untold.reduce((sum, [, more]) => sum + Number(more), 0), requests, text);
    assert(told >= 20 && told < requests, text);
  },
)).forEach((test) => Deno.test(test));
