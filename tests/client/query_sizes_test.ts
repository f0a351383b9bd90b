import { assert, assertEquals } from "@std/assert";
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";

/** Every size that a header or a text may have, a sample of the others, and the largest there are. */
const sizes = [
  ...Array.from({ length: 200 }, (_, size) => size),
  ...Array.from({ length: 200 }, (_, i) => 200 + 326 * i),
  ...Array.from({ length: 8 }, (_, i) => 65_500 + i),
];

Deno.test("query of ntp ignores garbage of every size, and accepts the good reply after it", async () => {
  await using server = scriptedServer(async (socket, from, _count, request) => {
    for (const size of sizes) await socket.send(new Uint8Array(size).fill(0x24), from);
    // Until one finds room in the queue that the garbage has filled.
    while (true) {
      try {
        await socket.send(ntpReply(request), from);
      } catch {
        return; // closed: the query is over
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }, "ntp");
  const reply = await query(server.url as `ntp://${string}`, { timeout: 30, retries: 0 });
  assertEquals(reply.stratum, 2);
});

Deno.test("query of text and Time finds no time in garbage of any size", async () => {
  for (const protocol of ["asctime", "daytime", "time"] as const) {
    let size = 0;
    const garbage = new Uint8Array(65_507).fill(0xff);
    await using server = scriptedServer(
      (socket, from) => socket.send(garbage.subarray(0, size), from),
      protocol,
    );
    for (size of sizes) {
      if (protocol === "time" && size === 4) continue;
      const error = await query(server.url, { timeout: 30 }).catch((error) => error);
      assert(error instanceof QueryError, `${protocol} in ${size} octets`);
      assertEquals(error.reason, "not-a-time");
      assert(error.message.endsWith(`(${size} octets)`), error.message);
    }
  }
});
