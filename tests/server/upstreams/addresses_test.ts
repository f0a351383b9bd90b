import { assert, assertEquals } from "@std/assert";
import { Following } from "../../support/following.ts";

const name = "time.example";
const single = { upstreams: [`ntp://${name}?maxpoll=6`] };

function addresses(following: Following): (string | undefined)[] {
  return following.upstreams.list().map(({ address }) => address);
}

Deno.test("the only address of a name is kept through an outage", async () => {
  await using following = new Following(single);
  let isDown = false;
  following.network.hosts[name] = ["192.0.2.9"];
  following.network.serveNtp("ntp://192.0.2.9", () => isDown ? undefined : {});
  following.start();
  await following.pass(3600);
  isDown = true;
  await following.pass(3600);
  assertEquals([following.states, addresses(following)], [["silent"], ["192.0.2.9"]]);
  isDown = false;
  await following.pass(70);
  assertEquals(following.states, ["selected"]);
});

Deno.test("a server that moves from address to address is followed, and back to a former one", async () => {
  await using following = new Following(single);
  let host = 1;
  for (const each of [1, 2]) {
    following.network.serveNtp(`ntp://192.0.2.${each}`, () => each === host ? {} : undefined);
  }
  following.network.hosts[name] = ["192.0.2.1"];
  following.start();
  await following.pass(600);
  for (host of [2, 1, 2]) {
    following.network.hosts[name] = [`192.0.2.${host}`];
    await following.pass(1200);
    assertEquals([following.states, addresses(following)], [["selected"], [`192.0.2.${host}`]]);
  }
});

Deno.test("a silent address is tried again only after all others, a wrong one never", async () => {
  await using following = new Following({
    upstreams: [
      `ntp://${name}?maxpoll=6`,
      "ntp://192.0.2.8?maxpoll=6",
      "ntp://192.0.2.9?maxpoll=6",
    ],
  });
  const { network } = following;
  network.hosts[name] = [1, 2, 3].map((host) => `192.0.2.${host}`);
  network.serveNtp("ntp://192.0.2.2").aheadSeconds = 1;
  for (const host of [8, 9]) network.serveNtp(`ntp://192.0.2.${host}`);
  following.start();
  const seen: (string | undefined)[] = [];
  for (let i = 0; i < 400; i++) {
    await following.pass(30);
    const [address] = addresses(following);
    if (address !== seen.at(-1)) seen.push(address);
  }
  assertEquals(
    seen.slice(0, 5),
    ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1", "192.0.2.3"],
  );
});

Deno.test("a pool that has fewer addresses than wanted does not hold up the others", async () => {
  await using following = new Following({ upstreams: [`ntp://${name}?pool=4`] });
  const hosts = ["192.0.2.1", "192.0.2.2"];
  following.network.hosts[name] = hosts;
  for (const host of hosts) following.network.serveNtp(`ntp://${host}`);
  following.start();
  await following.pass(2.4);
  assertEquals(following.status.leap, 0);
  assertEquals(addresses(following).toSorted(), [...hosts, undefined, undefined]);
});

Deno.test("a server under two names is followed once, and has one vote", async () => {
  await using following = new Following({
    upstreams: ["ntp://a.example", "ntp://b.example", "ntp://192.0.2.1"],
  });
  const { network, lines } = following;
  for (const each of ["a.example", "b.example"]) network.hosts[each] = ["192.0.2.1"];
  network.serveNtp("ntp://192.0.2.1");
  following.start();
  await following.pass(1200);
  assertEquals(addresses(following).filter((each) => each !== undefined), ["192.0.2.1"]);
  assertEquals(following.states.toSorted(), ["selected", "silent", "silent"]);
  assertEquals(lines.filter((line) => line.includes("followed already")).length, 2);
  // The others are followed when they have an address of their own.
  network.hosts["b.example"] = ["192.0.2.2"];
  network.serveNtp("ntp://192.0.2.2");
  await following.pass(1200);
  assertEquals(addresses(following).filter((each) => each !== undefined).length, 2);
  assertEquals(following.states.toSorted(), ["combined", "selected", "silent"]);
});

Deno.test("a name whose lookup fails is looked up after 2, 4, up to 64 s", async () => {
  await using following = new Following(single);
  const times: number[] = [];
  const { network } = following;
  const resolve = network.resolve.bind(network);
  network.resolve = (hostname) => {
    times.push(network.timers.monotonicMs() / 1000);
    return resolve(hostname);
  };
  following.start();
  await following.pass(400);
  const waits = times.slice(1).map((time, i) => time - (times[i] as number));
  [2, 4, 8, 16, 32, 64, 64, 64].forEach((wait, i) => {
    assert(Math.abs((waits[i] ?? 0) - wait) <= 0.02 * wait + 0.1, `${waits}`);
  });
});
