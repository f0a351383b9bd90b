import { assertEquals } from "@std/assert";
import { OwnIds } from "../../../src/server/upstreams/loops.ts";
import { referenceIdOf } from "../../../src/server/upstreams/reference_id.ts";
import { Following } from "../../support/following.ts";
import { UNSYNCHRONIZED } from "../../../src/clock/status.ts";

const packet = { stratum: 3, referenceId: 0 } as Parameters<OwnIds["isFollower"]>[1];

Deno.test("OwnIds goes by reference ids of this server's addresses, beyond stratum 1 and loopback", async () => {
  const own = new OwnIds(["192.0.2.7", "2001:db8::7", "127.0.0.1", "::1"]);
  for (
    const [stratum, address, expected] of [
      [2, "192.0.2.7", true],
      [3, "2001:db8::7", true],
      [1, "192.0.2.7", false],
      [2, "192.0.2.8", false],
      [2, "127.0.0.1", false],
      [2, "::1", false],
    ] as const
  ) {
    const reply = { ...packet, stratum, referenceId: await referenceIdOf(address) };
    assertEquals(await own.isFollower(address, reply), expected, `${stratum} ${address}`);
  }
});

Deno.test("a server that follows this one is not followed, until it follows another", async () => {
  await using following = new Following({ upstreams: ["ntp://192.0.2.1", "ntp://192.0.2.2"] });
  let referenceId = 0xc0000207;
  following.network.serveNtp("ntp://192.0.2.1");
  following.network.serveNtp("ntp://192.0.2.2", () => ({ stratum: 3, referenceId }));
  following.start(["192.0.2.7"]);
  await following.pass(3600);
  assertEquals(following.states, ["selected", "unsynchronized"]);
  assertEquals(following.lines.filter((line) => line.includes("192.0.2.2")), [
    "Warning: ntp://192.0.2.2 (192.0.2.2) follows this server: it is not followed",
  ]);
  referenceId = 0xc0000208;
  await following.pass(70);
  assertEquals(following.states, ["selected", "combined"]);
});

Deno.test("two servers that follow only each other never begin", async () => {
  await using following = new Following({ upstreams: ["ntp://192.0.2.2"] });
  following.network.serveNtp("ntp://192.0.2.2", () => ({
    ...{ leap: UNSYNCHRONIZED, stratum: 0, referenceId: 0 },
  }));
  following.start(["192.0.2.1"]);
  await following.pass(3600);
  assertEquals([following.states, following.status.leap], [["unsynchronized"], UNSYNCHRONIZED]);
});
