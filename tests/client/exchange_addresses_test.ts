import { assertEquals, assertRejects } from "@std/assert";
import { QueryError } from "../../src/protocols/failure.ts";
import { FakeNetwork } from "../support/fake_network.ts";
import { name, octets, runExchange } from "../support/one_exchange.ts";

Deno.test("exchange gives each address of a name its turn after 250 ms, then starts again", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["192.0.2.1", "192.0.2.2", "127.0.0.1"];
  const first = network.serve("time://192.0.2.1", () => undefined);
  const second = network.serve("time://192.0.2.2", ({ count }) => count === 2 ? octets : undefined);
  // Nothing listens at the third.
  const reply = await runExchange(network, { timeout: "3s", retries: 2 }, name);
  assertEquals(reply.from.hostname, "192.0.2.2");
  assertEquals(first.requests.map(({ atMs }) => atMs), [0, 750]);
  assertEquals(second.requests.map(({ atMs }) => atMs), [250, 1000]);
  assertEquals(network.lookups, [name]);
});

Deno.test("exchange does not query an address again where nothing listens", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["127.0.0.1", "192.0.2.1"];
  const connect = network.connect.bind(network);
  const connected: string[] = [];
  network.connect = (options) => (connected.push(options.hostname), connect(options));
  const silent = network.serve("time://192.0.2.1", () => undefined);
  const error = await assertRejects(() => runExchange(network, { retries: 2 }, name), QueryError);
  assertEquals([error.reason, network.timers.monotonicMs()], ["timeout", 3000]);
  assertEquals(connected, ["127.0.0.1", ...Array(3).fill("192.0.2.1")]);
  // What is left after 250 ms belongs to the three tries of the other.
  assertEquals(silent.requests.map(({ atMs }) => Math.round(atMs)), [250, 1167, 2083]);
  // Where nothing listens on any of them, the failure is known at once.
  network.hosts[name] = ["127.0.0.1", "::1"];
  const refused = await assertRejects(() => runExchange(network, { retries: 2 }, name), QueryError);
  assertEquals(refused.message, "Nothing listens on udp [::1]:37");
  assertEquals([refused.reason, network.timers.monotonicMs()], ["refused", 3500]);
});

Deno.test("exchange goes on to the next address, whatever the failure of one is", async () => {
  for (
    const error of [
      new Error("Address family not supported by protocol"),
      new Deno.errors.AddrNotAvailable("Cannot assign requested address"),
      new Deno.errors.NotCapable("Requires net access"),
    ]
  ) {
    for (const hosts of [["::1", "192.0.2.1"], ["192.0.2.1", "::1"]]) {
      const network = new FakeNetwork();
      network.hosts[name] = hosts;
      network.unusable["::1"] = error;
      // After the other address has failed, too, a reply has the whole time.
      network.serve("time://192.0.2.1", () => octets, () => [1, 1200]);
      const reply = await runExchange(network, { retries: 0 }, name);
      assertEquals([reply.from.hostname, reply.octets], ["192.0.2.1", octets]);
    }
  }
});

Deno.test("exchange goes on to the next address when a request cannot be sent", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["192.0.2.2", "192.0.2.1"];
  network.serve("time://192.0.2.1", () => octets);
  const connect = network.connect.bind(network);
  network.connect = async (options) => {
    const connection = await connect(options);
    const isFirst = options.hostname === "192.0.2.2";
    if (isFirst) connection.send = () => Promise.reject(new Error("Network is unreachable"));
    return connection;
  };
  assertEquals((await runExchange(network, {}, name)).from.hostname, "192.0.2.1");
  assertEquals(network.timers.monotonicMs(), 2);
});

Deno.test("exchange reports the failure of the last address if all fail, else silence", async () => {
  const network = new FakeNetwork();
  network.hosts[name] = ["::1", "2001:db8::1"];
  network.unusable["::1"] = new Deno.errors.NotCapable("Requires net access");
  network.unusable["2001:db8::1"] = new Error("Network is unreachable");
  const error = await assertRejects(() => runExchange(network, {}, name), QueryError);
  const message = "Cannot send to [2001:db8::1]:37: Network is unreachable";
  assertEquals([error.reason, error.message], ["unreachable", message]);
  network.hosts[name]?.reverse();
  await assertRejects(() => runExchange(network, {}, name), Deno.errors.NotCapable);
  assertEquals(network.timers.monotonicMs(), 0);
  network.hosts[name]?.unshift("192.0.2.1");
  const silent = await assertRejects(() => runExchange(network, { retries: 0 }, name), QueryError);
  assertEquals([silent.reason, network.timers.monotonicMs()], ["timeout", 3000]);
});
