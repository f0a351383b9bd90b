/** A server from its start to its end: addresses that are missing, what it logs, signals. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ListenError, query, serve, type ServeOptions, type ServerAddress } from "../../mod.ts";
import type { UnixTime } from "../../src/clock/clock.ts";
import { systemClock } from "../../src/clock/system_clock.ts";
import { localZone } from "../../src/system/local_time.ts";
import { collectingLog } from "../support/collecting_log.ts";
import { FakeInterfaces } from "../support/interfaces.ts";
import { UdpClient } from "../support/udp_client.ts";
import { until, within } from "../support/wait.ts";

const FREE = "ntp://127.0.0.1:0";

/** Lets some addresses fail to be bound, until it is disposed of. */
class FailingAddresses implements Disposable {
  readonly #listenDatagram = Deno.listenDatagram;
  /** The addresses requested; each is bound to a free port of loopback instead. */
  readonly bound: [hostname: string, port: number][] = [];
  open = 0;

  constructor(failures: Readonly<Record<string, Error>>) {
    Deno.listenDatagram = ((options: Deno.UdpListenOptions & { transport: "udp" }) => {
      const { hostname = "", port = -1 } = options;
      this.bound.push([hostname, port]);
      const failure = failures[hostname];
      if (failure !== undefined) throw failure;
      const socket = this.#listenDatagram({ ...options, hostname: "127.0.0.1", port: 0 });
      this.open++;
      const { close } = socket;
      return Object.assign(socket, {
        close: () => {
          this.open--;
          close.call(socket);
        },
      });
    }) as typeof Deno.listenDatagram;
  }

  [Symbol.dispose](): void {
    Deno.listenDatagram = this.#listenDatagram;
  }
}

const missingFamily = (): Error => Object.assign(new Error(), { code: "EAFNOSUPPORT" });
const missingAddress = (): Error => new Deno.errors.AddrNotAvailable();

/** The lines of a log without their times. */
function linesOf(log: ReturnType<typeof collectingLog>): string[] {
  return log.lines().map((line) => line.split(" ").slice(1).join(" "));
}

Deno.test("a server does without a family that this machine lacks, and warns of it", async () => {
  using addresses = new FailingAddresses({ "::1": missingFamily() });
  const log = collectingLog();
  const server = await serve([FREE, "ntp://[::1]:0"], { log });
  assertEquals(server.addresses.map(({ hostname }) => hostname), ["127.0.0.1"]);
  await server.shutdown();
  assertEquals(linesOf(log), [
    "Warning: Cannot listen on udp [::1]:0: this machine has no addresses of that IP version",
    `Serving ntp on udp 127.0.0.1:${server.addresses[0]?.port}`,
  ]);
  const error = await assertRejects(() => serve("ntp://[::1]:0", { log }), ListenError);
  assertEquals([error.reason, addresses.open], ["unsupported_family", 0]);
  // The cause is thrown, and not warned of.
  assertEquals(linesOf(log).length, 2);
});

Deno.test("a server does not start without an address that was named, and leaves nothing open", async () => {
  for (const failure of [missingAddress(), new Deno.errors.AddrInUse()]) {
    using addresses = new FailingAddresses({ "127.0.0.2": failure });
    const error = await assertRejects(() => serve([FREE, "ntp://127.0.0.2:0"]), ListenError);
    assertEquals([error.hostname, addresses.open, addresses.bound.length], ["127.0.0.2", 0, 2]);
  }
});

Deno.test("a server does without some of a wildcard's addresses, and has one port on the others", async () => {
  const log = collectingLog();
  using addresses = new FailingAddresses({ "192.0.2.1": missingAddress() });
  using _ = new FakeInterfaces([["eth0", "192.0.2.1/24"], ["eth1", "192.0.2.2/24"], [
    "eth2",
    "192.0.2.3/24",
  ]]);
  await using server = await serve("ntp://0.0.0.0:0", { log });
  const [first, second] = server.addresses;
  assertEquals([first?.hostname, second?.hostname], ["192.0.2.2", "192.0.2.3"]);
  const port = first?.port ?? 0;
  assertEquals(addresses.bound, [["192.0.2.1", 0], ["192.0.2.2", 0], ["192.0.2.3", port]]);
  await log.flush();
  const why = "Cannot listen on udp 192.0.2.1:0: not an address of this machine";
  assertEquals(linesOf(log)[0], `Warning: ${why}`);
});

Deno.test("a wildcard of which no address is there, or one is in use, starts no server", async () => {
  using _ = new FakeInterfaces([["eth0", "192.0.2.1/24"], ["eth1", "192.0.2.2/24"]]);
  const none = await assertRejects(() => serve("ntp://[::]:0"), ListenError);
  assertEquals([none.reason, none.hostname], ["unsupported_family", "::"]);
  using addresses = new FailingAddresses({ "192.0.2.2": new Deno.errors.AddrInUse() });
  const used = await assertRejects(() => serve("ntp://0.0.0.0:123"), ListenError);
  assertEquals(used.message, "Cannot listen on udp 0.0.0.0:123: the port is already in use");
  assertEquals([used.reason, used.hostname, addresses.open], ["in_use", "0.0.0.0", 0]);
});

Deno.test("a wildcard serves the addresses that can be bound, and warns of each other", async () => {
  const log = collectingLog();
  const tentative = Object.assign(new Error("Cannot assign it yet"), { code: "EOTHER" });
  using addresses = new FailingAddresses({
    "192.0.2.1": tentative,
    "192.0.2.3": missingAddress(),
  });
  const names = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
  using _ = new FakeInterfaces(names.map((name, i) => [`eth${i}`, `${name}/24`] as const));
  const server = await serve("asctime://0.0.0.0:4321", { log, utc: true });
  const [{ hostname, port } = {}, ...others] = server.addresses;
  assertEquals([hostname, others], ["192.0.2.2", []]);
  await server.shutdown();
  assertEquals([linesOf(log).slice(0, 2), addresses.open], [[
    "Warning: Cannot listen on udp 192.0.2.1:4321: Cannot assign it yet",
    `Warning: Cannot listen on udp 192.0.2.3:${port}: not an address of this machine`,
  ], 0]);
});

Deno.test("a server warns of each clock once, and of a time zone only if it writes local time", async () => {
  const leap = "insert@2028-06-29";
  const warning = "Warning: The leap second of 2028-06-29 is not at the end of a month, as real " +
    "ones are (ITU-R TF.460-6)";
  const warned = async (urls: readonly string[], options: ServeOptions): Promise<string[]> => {
    const log = collectingLog();
    const server = await serve(urls, { ...options, log });
    await server.shutdown();
    return linesOf(log).filter((line) => line.startsWith("Warning"));
  };
  const clock = { time: "2028-01-01", leap };
  assertEquals(await warned([FREE, FREE], { clock }), [warning]);
  assertEquals(await warned([FREE, `${FREE}?time=2028-01-01&leap=${leap}`], {}), [warning]);
  assertEquals(await warned([FREE, `${FREE}?offset=1s`], { clock }), [warning]);
  const zone: { warning?: string } = localZone();
  const { warning: before } = zone;
  try {
    zone.warning = "No zone";
    const text = "asctime://127.0.0.1:0";
    for (const urls of [[text], [FREE, text], [text, FREE], ["auto://127.0.0.1:0"]]) {
      assertEquals(await warned(urls, {}), ["Warning: No zone"]);
      assertEquals(await warned(urls, { utc: true }), []);
    }
    assertEquals(await warned([FREE, "time://127.0.0.1:0"], {}), []);
  } finally {
    if (before === undefined) delete zone.warning;
    else zone.warning = before;
  }
});

Deno.test("a server that other machines use for NTP warns if nobody vouches for its clock", async () => {
  using _ = new FakeInterfaces([["lo", "127.0.0.1/8"], ["eth0", "192.0.2.1/24"]]);
  using _addresses = new FailingAddresses({});
  // The kernel knows no status of a custom clock.
  const clock = { read: (time: UnixTime) => systemClock.read(time) };
  const warning =
    "Warning: Nothing keeps this machine's clock right: NTP clients drop this server " +
    "after 1 to 4 days. If you vouch for the clock: --local";
  for (
    const [url, options, expected] of [
      ["ntp://192.0.2.1:0", { clock }, [warning]],
      ["auto://0.0.0.0:0", { clock }, [warning]],
      ["ntp://127.0.0.1:0", { clock }, []],
      ["time://192.0.2.1:0", { clock }, []],
      ["ntp://192.0.2.1:0?offset=1h", { clock }, []],
      ["ntp://192.0.2.1:0", { clock: { offset: "1h" } }, []],
      ["ntp://192.0.2.1:0", { clock, status: { local: true } }, []],
      ["ntp://192.0.2.1:0", { clock, status: { local: false } }, [warning]],
      ["ntp://192.0.2.1:0", { clock, status: { stratum: 2 } }, []],
      ["ntp://192.0.2.1:0", { clock, status: { unsynchronized: true } }, []],
    ] as const
  ) {
    const log = collectingLog({ level: "quiet" });
    const server = await serve(url, { ...options, log, utc: true });
    await server.shutdown();
    const lines = linesOf(log).filter((line) => line.includes("Nothing keeps"));
    assertEquals(lines, expected, `${url} ${JSON.stringify(options)}`);
  }
});

Deno.test("a server ends by its signal: before it begins, and while it serves", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = await serve(FREE, { signal });
  let isOver = false;
  const ended = server.finished.then(() => isOver = true);
  await Promise.resolve();
  assertEquals([server.isAnswering, isOver], [true, false]);
  controller.abort(new Error("enough"));
  assertEquals(server.isAnswering, false);
  await within(5, ended);
  using again = new UdpClient("127.0.0.1", server.addresses[0]?.port);
  assertEquals(again.address.port, server.addresses[0]?.port);
  using addresses = new FailingAddresses({});
  await assertRejects(() => serve(FREE, { signal }), Error, "enough");
  assertEquals(addresses.bound, []);
});

Deno.test("a server that is stopped while it starts leaves nothing open", async () => {
  using addresses = new FailingAddresses({});
  const controller = new AbortController();
  const starting = serve([FREE, FREE], { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => starting, Error, "enough");
  assertEquals(addresses.open, 0);
});

Deno.test("shutdown can be called again, and resolves once", async () => {
  const server = await serve(FREE);
  const first = server.shutdown();
  assertEquals(server.shutdown(), first);
  await Promise.all([first, server.finished]);
  await server[Symbol.asyncDispose]();
});

Deno.test("the log begins with what is simulated, of all listeners and of each", async () => {
  const log = collectingLog();
  const faults = { drop: { probability: 0.5 } } as const;
  const urls = [FREE, `${FREE}?offset=-1h`, `${FREE}?delay=1s&seed=9`];
  const server = await serve(urls, { clock: { offset: "+1h" }, faults, seed: 7, log, utc: true });
  await server.shutdown();
  const [shared, own, faulty] = server.addresses.map(({ port }) => `127.0.0.1:${port}`);
  assertEquals(linesOf(log), [
    "Simulated clock, not the true time: offset +1h",
    `Serving ntp on udp ${shared}`,
    `Faults on ntp://${shared}: drop=0.5 (seed 7)`,
    `Serving ntp on udp ${own}`,
    `Simulated clock on ntp://${own}, not the true time: offset -1h`,
    `Faults on ntp://${own}: drop=0.5 (seed 7)`,
    `Serving ntp on udp ${faulty}`,
    `Faults on ntp://${faulty}: drop=0.5, delay=1s (seed 9)`,
  ]);
});

Deno.test("a server logs its transport if one was requested, and faults if there are any", async () => {
  const table: [options: ServeOptions, lines: number, last: RegExp][] = [
    [{}, 1, /^Serving/],
    [{ transport: "datagram" }, 2, /^Transport: datagram$/],
    [{ control: "127.0.0.1:0" }, 2, /^Control interface on http:/],
    [{ faults: {} }, 2, /^Faults on ntp:.*: none yet \(seed \d+\)$/],
    [{ faults: {}, control: "127.0.0.1:0" }, 3, /^Control interface on http:/],
  ];
  for (const [options, count, last] of table) {
    const log = collectingLog();
    const server = await serve(FREE, { ...options, log });
    await server.shutdown();
    const lines = linesOf(log);
    assertEquals(lines.length, count, `${lines}`);
    assert(last.test(lines.at(-1) ?? ""), `${lines}`);
  }
});

Deno.test("the address of each listener has its real port, and its faults if any can be set", async () => {
  const urls = [FREE, "time://127.0.0.1:0?drop=0"];
  for (const options of [{}, { control: "127.0.0.1:0" }, { faults: {} }]) {
    await using server = await serve(urls, options);
    const [ntp, time] = server.addresses as [ServerAddress, ServerAddress];
    assert(ntp.port > 0 && ntp.port !== time.port);
    assertEquals(ntp.url, `ntp://127.0.0.1:${ntp.port}`);
    assertEquals([ntp.protocol, ntp.hostname, time.protocol], ["ntp", "127.0.0.1", "time"]);
    assertEquals(["faults" in ntp, "faults" in time], [
      Object.keys(options).length > 0,
      true,
    ]);
    assertEquals(
      server.control?.url.startsWith("http://127.0.0.1:"),
      "control" in options || undefined,
    );
  }
});

Deno.test("a server passes on how texts are written, how many replies may be under way, and its status", async () => {
  const clock = { time: "2030-05-06T07:08:09Z", freeze: true };
  const urls = ["daytime://127.0.0.1:0", FREE];
  await using server = await serve(urls, {
    clock,
    utc: true,
    daytimeFormat: "nist",
    status: { stratum: 3 },
  });
  const [daytime, ntp] = server.addresses.map(({ url }) => url);
  assert((await query(daytime ?? "")).text.includes("30-05-06 07:08:09"));
  assertEquals((await query(ntp as `ntp://${string}`)).stratum, 3);
  const gate = Promise.withResolvers<number>();
  await using busy = await serve(FREE, { maxTasks: 2, responder: { respond: () => gate.promise } });
  using client = new UdpClient();
  for (let i = 0; i < 5; i++) await client.send(new Uint8Array(48), busy.addresses[0]);
  await until(() => busy.totals.refused.overload === 3);
  gate.resolve(0);
  await until(() => busy.totals.refused.declined === 2);
});
