import { assert, assertEquals, assertRejects } from "@std/assert";
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { FakeNetwork } from "../support/fake_network.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";

/** Every size that a header or a text may have, a sample of the others, and the largest there are. */
const sizes = [
  ...Array.from({ length: 200 }, (_, size) => size),
  ...Array.from({ length: 200 }, (_, i) => 200 + 326 * i),
  ...Array.from({ length: 8 }, (_, i) => 65_500 + i),
];

Deno.test("query of ntp ignores garbage of every size, and accepts the good reply after it", async () => {
  const network = new FakeNetwork();
  network.serve("192.0.2.1", ({ octets }) => [
    ...sizes.map((size) => new Uint8Array(size).fill(0x24)),
    ntpReply(octets, { stratum: 7 }, network.timers.now()),
  ]);
  const reply = await network.run(query("ntp://192.0.2.1", { network, retries: 0 }));
  assertEquals(reply.stratum, 7);
  const garbage = sizes.map((size) => new Uint8Array(size).fill(0x24));
  network.serve("192.0.2.2", () => garbage);
  const alone = query("ntp://192.0.2.2", { network, retries: 0 });
  await assertRejects(() => network.run(alone), QueryError, `${sizes.length} ignored`);
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
      const error = await query(server.url, { timeout: "30s" }).catch((error) => error);
      assert(error instanceof QueryError, `${protocol} in ${size} octets`);
      assertEquals(error.reason, "not_a_time");
      const octets = size === 1 ? "octet" : "octets";
      assert(error.message.endsWith(`(${size.toLocaleString("en-US")} ${octets})`), error.message);
    }
  }
});
