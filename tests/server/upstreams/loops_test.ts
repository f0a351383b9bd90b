import { assert, assertEquals } from "@std/assert";
import { OwnIds } from "../../../src/server/upstreams/loops.ts";
import { referenceIdOf } from "../../../src/server/upstreams/reference_id.ts";
import { FakeNetwork } from "../../support/fake_network.ts";
import { Following } from "../../support/following.ts";
import { UNSYNCHRONIZED } from "../../../src/clock/status.ts";

const packet = { stratum: 3, referenceId: 0 } as Parameters<OwnIds["isFollower"]>[0];

Deno.test("OwnIds goes by reference ids of this server's addresses, beyond stratum 1, with ports on loopback", async () => {
  const own = new OwnIds(["192.0.2.7", "2001:db8::7", "127.0.0.1", "::1"], [8123]);
  for (
    const [stratum, address, port, expected] of [
      [2, "192.0.2.7", 123, true],
      [3, "2001:db8::7", 123, true],
      [1, "192.0.2.7", 123, false],
      [2, "192.0.2.8", 123, false],
      [2, "127.0.0.1", 123, false],
      [2, "::1", 123, false],
      [3, "127.0.0.1", 8123, true],
      [3, "127.0.0.1", 8124, false],
      [3, "::1", 8123, true],
      [3, "::1", 8124, false],
    ] as const
  ) {
    const reply = { ...packet, stratum, referenceId: await referenceIdOf(address, port) };
    assertEquals(await own.isFollower(reply), expected, `${stratum} ${address} ${port}`);
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

const [top, a, b] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((host) => `ntp://${host}`);
const onLoopback = [1000, 1001, 1002].map((port) => `ntp://127.0.0.1:${port}`);
const overEither = ["ntp://192.0.2.1", "ntp://192.0.2.2", "ntp://[2001:db8::3]"];

for (
  const [kind, urls, addresses] of [
    ["on two machines", [top, a, b], [["192.0.2.2"], ["192.0.2.3"]]],
    ["on loopback", onLoopback, [["127.0.0.1"], ["127.0.0.1"]]],
    ["over both IP versions", overEither, [["192.0.2.2", "2001:db8::2"], ["2001:db8::3"]]],
  ] as const
) {
  Deno.test(`two servers ${kind} that are left to each other both end without a time`, async () => {
    const [above, first, second] = urls as [string, string, string];
    const network = new FakeNetwork();
    await using one = new Following(
      { upstreams: [above, second], maxDistance: "50ms" },
      { network, behindSeconds: 3, rate: 20e-6 },
    );
    await using other = new Following(
      { upstreams: [above, first], maxDistance: "50ms" },
      { network, behindSeconds: -5, rate: -15e-6 },
    );
    let isUp = true;
    network.serveNtp(above, () => isUp ? { stratum: 1 } : undefined);
    one.serveOn(first);
    other.serveOn(second);
    one.start([...addresses[0]], Number(new URL(first).port || 123));
    other.start([...addresses[1]], Number(new URL(second).port || 123));
    await one.pass(3600);
    assertEquals([one.status.stratum, other.status.stratum], [2, 2]);
    isUp = false;
    const strata = new Set<number>();
    let hours = 0;
    const hasTime = (): boolean =>
      [one, other].some(({ status }) => status.leap !== UNSYNCHRONIZED);
    for (; hours < 24 && hasTime(); hours++) {
      await one.pass(3600);
      for (const each of [one, other]) {
        if (each.status.leap === UNSYNCHRONIZED) continue;
        strata.add(each.status.stratum);
        assert(Math.abs(each.error) < 0.05, `${each.error}`);
      }
    }
    assert(hours > 1 && !hasTime(), `${hours} h`);
    // One may follow the other for a while; around the two, strata would grow with each reply.
    assert(strata.has(2) && Math.max(...strata) <= 3, `${[...strata]}`);
    assertEquals([one.lines.at(-1), other.lines.at(-1)], ["Not synchronised", "Not synchronised"]);
    isUp = true;
    await one.pass(1100);
    assertEquals([one.status.stratum, other.status.stratum], [2, 2]);
  });
}
