/** Where a server listens, and from where it answers. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ListenError, serve } from "../../mod.ts";
import { eachWay, settled } from "./transports.ts";
import { queryOnce } from "../support/query_once.ts";

const FREE = "asctime://127.0.0.1:0";

(await eachWay("one server has as many listeners as it is given", async (way) => {
  await using server = await serve([FREE, "ntp://127.0.0.1:0", FREE, "asctime://[::1]:0"], way);
  const { addresses } = server;
  assertEquals(addresses.map(({ protocol, hostname }) => `${protocol} ${hostname}`), [
    "asctime 127.0.0.1",
    "ntp 127.0.0.1",
    "asctime 127.0.0.1",
    "asctime ::1",
  ]);
  assertEquals(new Set(addresses.slice(0, 3).map(({ port }) => port)).size, 3);
  assert(addresses.every(({ port }) => port > 0));
  await Promise.all(addresses.map(({ url }) => queryOnce(url)));
  assertEquals(await settled(server, 4), { answered: 4 });
}, { ipv6: true })).forEach((test) => Deno.test(test));

(await eachWay(
  "a listener's name stands for all of its addresses that this machine has",
  async (way) => {
    await using server = await serve("asctime://localhost:0", way);
    const hostnames = server.addresses.map(({ hostname }) => hostname);
    assert(hostnames.includes("127.0.0.1"));
    assertEquals(hostnames.filter((each) => !["127.0.0.1", "::1"].includes(each)), []);
    assertEquals(new Set(server.addresses.map(({ port }) => port)).size, 1);
    for (const { url } of server.addresses) await queryOnce(url);
  },
)).forEach((test) => Deno.test(test));

(await eachWay("nothing is left open when one listener fails", async (way) => {
  await using other = await serve(FREE, way);
  const taken = other.addresses[0]?.url ?? "";
  const free = await serve(FREE, way);
  const first = free.addresses[0]?.url ?? "";
  await free.shutdown();
  await assertRejects(() => serve([first, taken], way), ListenError);
  await using again = await serve(first, way);
  assertEquals(again.addresses[0]?.url, first);
})).forEach((test) => Deno.test(test));

(await eachWay("a server that cannot start throws the reason", async (way) => {
  for (
    const [url, reason] of [
      ["asctime://192.0.2.250:0", "not_of_this_machine"],
      ["asctime://[2001:db8::250]:0", "not_of_this_machine"],
      ["asctime://nosuch.invalid:0", "unknown_host"],
    ] as const
  ) {
    const error = await assertRejects(() => serve([FREE, url], way), ListenError);
    assertEquals(error.reason, reason);
  }
  await assertRejects(() => serve("asctime//x", way), SyntaxError, "Cannot read");
}, { ipv6: true })).forEach((test) => Deno.test(test));
