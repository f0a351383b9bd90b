/** Symmetric keys over each transport: from the file of keys to the reply. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseKeys, QueryError, serve } from "../../mod.ts";
import { keyTypes } from "../../src/crypto/mac.ts";
import { ntpRequest } from "../../src/protocols/ntp/protocol.ts";
import { impatientNetwork } from "../support/ending_network.ts";
import { UdpClient } from "../support/udp_client.ts";
import { eachWay, settled } from "./transports.ts";
import { queryOnce } from "../support/query_once.ts";

/** A key of each type, with the ids 1 to 12. */
const file = keyTypes
  .map((type, i) => `${i + 1} ${type} HEX:${`${i + 10}`.repeat(type === "AES128" ? 16 : 32)}`)
  .join("\n");
const keys = parseKeys(file);
const others = parseKeys("1 SHA1 other\n99 SHA1 other");

(await eachWay("a key of each type authenticates request and reply", async (way) => {
  await using server = await serve("ntp://127.0.0.1:0", { ...way, keys });
  for (const { id } of keys.list) {
    const reply = await queryOnce(`${server.url}?key=${id}`, { keys });
    assertEquals("authenticated" in reply && reply.authenticated, `key ${id}`);
    assert(reply.hasTime && reply.url === `${server.url}?key=${id}`);
  }
  const plain = await queryOnce(server.url, { keys });
  assertEquals("authenticated" in plain, false);
  assertEquals(await settled(server, 13), { answered: 13 });
})).forEach((test) => Deno.test(test));

(await eachWay("a client ignores replies by a wrong key, and a crypto-NAK", async (way) => {
  await using server = await serve("ntp://127.0.0.1:0", { ...way, keys });
  for (const id of [1, 99]) {
    const network = impatientNetwork();
    const asked = queryOnce(`${server.url}?key=${id}`, { keys: others, network });
    const error = await assertRejects(() => asked, QueryError);
    assertEquals(error.reason, "not_authentic");
    assert(
      error.message.endsWith(`a crypto-NAK: the server has no key ${id}, or another by that id`),
    );
  }
  assertEquals(await settled(server, 2), { answered: 0 });
  assertEquals(server.totals.kisses, 2);
})).forEach((test) => Deno.test(test));

(await eachWay(
  "a server that has no keys is silent to a MAC, and one that requires it to others",
  async (way) => {
    await using plain = await serve("ntp://127.0.0.1:0", way);
    await using strict = await serve("ntp://127.0.0.1:0", { ...way, keys, requireAuth: true });
    for (const url of [`${plain.url}?key=5`, strict.url]) {
      const brief = { timeout: "400ms", keys } as const;
      const error = await assertRejects(() => queryOnce(url, brief), QueryError);
      assertEquals(error.reason, "timeout");
    }
    await queryOnce(`${strict.url}?key=5`, { keys });
    assertEquals(await settled(plain, 1), { answered: 0, authentication: 1 });
    assertEquals(await settled(strict, 2), { answered: 1, authentication: 1 });
  },
)).forEach((test) => Deno.test(test));

(await eachWay(
  "replies to requests of several keys at once are sealed each by its own",
  async (way) => {
    await using server = await serve("ntp://127.0.0.1:0", { ...way, keys });
    const [address] = server.addresses;
    const asked = Array.from({ length: 48 }, (_, i) => {
      const request = ntpRequest(i % 4 === 3 ? {} : { key: i % 12 + 1, keys });
      const client = new UdpClient();
      return { request, client, reply: client.ask(request.octets, address) };
    });
    for (const { request, client, reply } of asked) {
      assertEquals(request.rejection?.(await reply), undefined);
      client[Symbol.dispose]();
    }
    assertEquals(await settled(server, 48), { answered: 48 });
  },
)).forEach((test) => Deno.test(test));
