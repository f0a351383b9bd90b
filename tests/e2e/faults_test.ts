/** A server on a network that refuses, delays or cuts off its replies. */
import { formatEndpoint } from "../../src/protocols/endpoint.ts";
import { assert, assertEquals } from "@std/assert";
import { isAvailable, where } from "../support/needs.ts";
import { type Outcome, run, Running } from "../support/process.ts";
import { root, source, totalsOf } from "../support/programs.ts";
import { answerer, Cable } from "./cable.ts";

const timesrv = source.timesrv;
const timecli = source.timecli;
const holding = ["sh", "tc", "python3"];

/** Commands that make a reply impossible to send and that end this, with the system's error. */
const faults = [
  {
    begins: "nft add table inet t" +
      " && nft add chain inet t out '{ type filter hook output priority 0; }'" +
      " && nft add rule inet t out udp sport '{ 8888, 8889 }' drop",
    ends: "nft delete table inet t",
    error: "Operation not permitted",
  },
  ...[
    ["prohibit", "Permission denied"],
    ["unreachable", "No route to host"],
    ["blackhole", "Invalid argument"],
  ].map(([route = "", error = ""]) => ({
    begins: `ip route add ${route} 10.77.0.9 && ip route add ${route} fd00:77::9`,
    ends: `ip route del ${route} 10.77.0.9 && ip route del ${route} fd00:77::9`,
    error,
  })),
];

const needs = { ...source.needs, commands: ["ip"], root: true, ipv6: true };
const isThere = await isAvailable(needs, "faults of a network between server and client");

for (const transport of isThere ? ["datagram", "mmsg"] : []) {
  const test = (
    name: string,
    fn: () => Promise<void>,
    more: string[] = [],
  ): Promise<Deno.TestDefinition> =>
    where(
      { ...needs, commands: ["ip", ...more] },
      `faults: ${name} (${transport})`,
      fn,
    );

  const serve = async (cable: Cable, ...listeners: string[]): Promise<Running> => {
    const options = ["--verbose", "--transport", transport, "--rate-limit", "off"];
    const server = new Running(cable.onServer(...timesrv, ...options, ...listeners));
    await server.waitFor(/Transport/);
    return server;
  };

  const ask = (cable: Cable, target: string, ...options: string[]): Promise<Outcome> =>
    run(
      cable.onClient(
        ...timecli,
        "--json",
        ...options,
        formatEndpoint({ protocol: "asctime", hostname: target, port: 8888 }),
      ),
    );

  const stop = async (server: Running): Promise<ReturnType<typeof totalsOf>> => {
    assertEquals((await server.stop()).code, 0);
    return totalsOf(server.stderr);
  };

  Deno.test(
    await test("a reply that cannot be sent is counted, the next one is sent", async () => {
      await using cable = await Cable.lay();
      const targets = ["10.77.0.1", "fd00:77::1"];
      const askAll = (...options: string[]): Promise<Outcome[]> =>
        Promise.all(targets.map((target) => ask(cable, target, ...options)));
      for (const { begins, ends, error } of faults) {
        // One server per fault: its log has at most 20 lines per second about datagrams.
        await using server = await serve(cable, "asctime://10.77.0.1", "asctime://[fd00:77::1]");
        await cable.shell(cable.server, begins);
        const outcomes = await askAll("--retries", "0", "--timeout", "0.2");
        assertEquals(outcomes.map(({ code }) => code), [3, 3], begins);
        const line = `Cannot send on asctime://\\S+:8888: ${error} \\(os error \\d+\\)\n`;
        await server.waitFor(new RegExp(`(${line}[^]*){2}`));
        await cable.shell(cable.server, ends);
        assertEquals((await askAll()).map(answerer), targets);
        assertEquals(await stop(server), { received: 4, answered: 2, refused: 0, errors: 2 });
      }
    }, ["nft", "sh"]),
  );

  Deno.test(
    await test("no server answers a multicast request", async () => {
      await using cable = await Cable.lay();
      await using server = await serve(cable, "asctime://0.0.0.0", "asctime://[::]");
      for (
        const [host, ...groups] of [
          ["10.77.0.1", "10.77.0.255", "255.255.255.255", "224.0.0.1"],
          ["fd00:77::1", "ff02::1"],
        ] as const
      ) {
        const script = `${root}tests/e2e/ask_groups.py`;
        const { stdout, stderr } = await run(
          cable.onClient("python3", script, "cable", "8888", ...groups, host),
        );
        assertEquals(stderr, "");
        const silent = groups.map((group) => `${group} silence`).toReversed();
        assertEquals(stdout.trimEnd().split("\n"), [`${host} 24`, ...silent]);
      }
      const { received, answered, refused, errors } = await stop(server);
      assertEquals([answered, errors], [2, 0]);
      assertEquals(received, answered + refused);
    }, ["python3"]),
  );

  Deno.test(
    await test("a reply follows the server's routes", async () => {
      await using cable = await Cable.lay();
      await using _ = await serve(cable, "asctime://0.0.0.0");
      // The client queries over the cable, from an address that is behind another one.
      await cable.shell(
        cable.client,
        `ip link add other type veth peer name other netns ${cable.server}
ip link set other up
ip addr add 10.78.0.9/24 dev other
ip addr add 10.99.0.9/32 dev lo
ip route change 10.77.0.0/24 dev cable src 10.99.0.9
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce`,
      );
      await cable.shell(
        cable.server,
        `ip link set other up
ip addr add 10.78.0.1/24 dev other
ip route add 10.99.0.9 via 10.78.0.9
echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
echo 0 >/proc/sys/net/ipv4/conf/cable/rp_filter`,
      );
      assertEquals(answerer(await ask(cable, "10.77.0.2")), "10.77.0.2");
    }, ["sh"]),
  );

  Deno.test(
    await test("an address that goes and comes back is answered from again", async () => {
      await using cable = await Cable.lay();
      await using server = await serve(cable, "asctime://0.0.0.0", "asctime://[::]");
      for (const [target, prefix] of [["10.77.0.2", "24"], ["fd00:77::2", "64 nodad"]] as const) {
        assertEquals(answerer(await ask(cable, target)), target);
        await cable.shell(cable.server, `ip addr del ${target}/${prefix.slice(0, 2)} dev cable`);
        const gone = await ask(cable, target, "--retries", "0", "--timeout", "0.2");
        assertEquals(gone.code, 3, gone.stderr);
        await cable.shell(cable.server, `ip addr add ${target}/${prefix} dev cable`);
        assertEquals(answerer(await ask(cable, target)), target);
      }
      assertEquals((await stop(server)).errors, 0);
    }, ["sh"]),
  );

  Deno.test(
    await test("a link that delays replies delays those of no other link", async () => {
      await using cable = await Cable.lay();
      await using server = await serve(cable, "asctime://10.77.0.1", "asctime://127.0.0.1");
      await holdUp(cable);
      const local = cable.onServer(...timecli, "--json", "--retries", "0", "--timeout", "5");
      assertEquals(answerer(await run([...local, "asctime://127.0.0.1"])), "127.0.0.1");
      await cable.shell(cable.server, "tc qdisc del dev cable root");
      assertEquals(answerer(await ask(cable, "10.77.0.1")), "10.77.0.1");
      const { received, answered, refused, errors } = await stop(server);
      assertEquals(received, answered + refused + errors);
    }, holding),
  );

  Deno.test(
    await test("a link that delays replies does not keep a server from stopping", async () => {
      await using cable = await Cable.lay();
      await using server = await serve(cable, "asctime://10.77.0.1");
      await holdUp(cable);
      const { received, answered, refused, errors } = await stop(server);
      assert(answered > 0);
      assertEquals(received, answered + refused + errors);
    }, holding),
  );
}

/** Slows the server's link down, and fills its send queue with replies. */
async function holdUp(cable: Cable): Promise<void> {
  await cable.shell(
    cable.server,
    "tc qdisc add dev cable root tbf rate 1kbit burst 2kb limit 10mb",
  );
  // In small bursts, of which no receive queue loses much.
  const flood = `import socket, time
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(40):
    for _ in range(50):
        client.sendto(b"Time request", ("10.77.0.1", 8888))
    time.sleep(0.01)`;
  assertEquals((await run(cable.onClient("python3", "-c", flood))).code, 0);
}
