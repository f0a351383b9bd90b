import { assert, assertEquals, assertRejects } from "@std/assert";
import { query } from "../../src/client/query.ts";
import { systemClock } from "../../src/clocks/system_clock.ts";
import { decodeNtpPacket } from "../../src/protocols/ntp/packet.ts";
import { Crew } from "../../src/server/crew.ts";
import { ServerLog } from "../../src/server/log.ts";
import { serve } from "../../src/server/serve.ts";
import { StatusKeeper } from "../../src/server/status.ts";
import { openWorker } from "../../src/server/worker_url.ts";
import { ListenError } from "../../src/transports/listen_error.ts";
import { type Needs, testWith } from "../helpers.ts";
import { Asker, within } from "../traffic.ts";

const FREE = "asctime://127.0.0.1:0";
const batches: Needs = { permissions: [{ name: "ffi" }, { name: "read" }] };
const mmsg = { transport: "mmsg" } as const;
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

function collectingLog(level: "normal" | "verbose" = "normal"): ServerLog & { text(): string } {
  let text = "";
  const sink = {
    write(data: Uint8Array): Promise<number> {
      text += new TextDecoder().decode(data);
      return Promise.resolve(data.length);
    },
  };
  return Object.assign(new ServerLog({ sink, level }), { text: () => text });
}

await testWith(batches, "serve answers every protocol on mmsg, alone and all at once", async () => {
  const schemes = ["asctime", "daytime", "time", "ntp", "auto"];
  const status = { source: "fixed" } as const;
  for (const urls of [...schemes.map((each) => [each]), schemes]) {
    const free = urls.map((scheme) => `${scheme}://127.0.0.1:0`);
    await using server = await serve(free, { ...mmsg, utc: true, status });
    assertEquals(server.transport, "mmsg");
    for (const { url } of server.addresses) await query(url);
    // A reply is on its way before it is counted.
    await until(() => server.totals.answered === urls.length);
    assertEquals(server.totals.received, urls.length);
  }
});

await testWith(
  batches,
  "serve on mmsg stamps an NTP request when it came, not when it is read",
  async () => {
    await using server = await serve("ntp://127.0.0.1:0", { ...mmsg, status: { source: "fixed" } });
    using socket = listen();
    const request = new Uint8Array(48);
    request[0] = 0x23;
    request[47] = 1;
    await socket.send(request, server.addresses[0]);
    const { receiveTimestamp, transmitTimestamp, originTimestamp } = decodeNtpPacket(
      await socket.receive(),
    );
    assertEquals(originTimestamp, 1n);
    assert(transmitTimestamp > receiveTimestamp);
    assert(transmitTimestamp - receiveTimestamp < 1n << 32n);
  },
);

await testWith(
  batches,
  "serve on mmsg refuses what the guard and the protocols refuse",
  async () => {
    await using server = await serve([FREE, "ntp://127.0.0.1:0"], mmsg);
    const [text, ntp] = server.addresses;
    using socket = listen();
    await socket.send(new TextEncoder().encode("Fri Apr  3 21:09:36 2020"), text);
    await socket.send(new Uint8Array(47), ntp);
    await socket.send(new Uint8Array(2049), text);
    assertEquals((await socket.receive()).length, 24);
    // The worker counts that a datagram came before it counts what became of it.
    const settled = (): number => {
      const { answered, refused } = server.totals;
      return Object.values(refused).reduce((sum, count) => sum + count, answered);
    };
    await until(() => settled() === 3);
    assertEquals(server.totals.refused["looks-like-a-reply"], 1);
    assertEquals(server.totals.refused.malformed, 1);
    assertEquals(server.totals.answered, 1);
  },
);

await testWith(batches, "serve on mmsg names the port that is taken, by whomever", async () => {
  const workers = Math.min(2, navigator.hardwareConcurrency);
  for (const first of [{}, mmsg, { ...mmsg, workers }]) {
    await using server = await serve(FREE, first);
    const taken = server.addresses[0]?.url ?? "";
    for (const second of [{}, mmsg, { ...mmsg, workers }]) {
      const error = await assertRejects(() => serve([FREE, taken], second), ListenError);
      assertEquals([error.reason, error.port], ["in-use", server.addresses[0]?.port]);
    }
    await query(taken);
  }
  const foreign = await assertRejects(() => serve("asctime://192.0.2.250:0", mmsg), ListenError);
  assertEquals(foreign.reason, "not-of-this-machine");
});

await testWith(batches, "many servers on mmsg run side by side and free their ports", async () => {
  const workers = Math.min(2, navigator.hardwareConcurrency);
  const servers = await Promise.all(
    Array.from({ length: 8 }, () => serve(FREE, { ...mmsg, workers })),
  );
  const urls = servers.map(({ addresses }) => addresses[0]?.url ?? "");
  assertEquals(new Set(urls).size, 8);
  await Promise.all(urls.map((url) => query(url)));
  await Promise.all(servers.map((server) => server.shutdown()));
  await using again = await serve(urls, mmsg);
  assertEquals(again.addresses.map(({ url }) => url), urls);
});

await testWith(batches, "serve on mmsg stops under load", async () => {
  const server = await serve(FREE, {
    ...mmsg,
    workers: Math.min(2, navigator.hardwareConcurrency),
  });
  const port = server.addresses[0]?.port ?? 0;
  const askers = Array.from({ length: 8 }, () => new Asker(port));
  const asking = askers.map((asker) => asker.askUntilTold());
  await until(() => server.totals.answered > 1000);
  await within(2, server.shutdown());
  const { received, answered } = server.totals;
  assertEquals(received, answered);
  for (const asker of askers) await asker.tellToEnd();
  await Promise.all(asking);
  for (const asker of askers) asker[Symbol.dispose]();
});

await testWith(
  batches,
  "serve on mmsg logs the first requests of a second and sums up the rest",
  async () => {
    const log = collectingLog();
    const server = await serve(FREE, { ...mmsg, log });
    using socket = listen();
    for (let i = 0; i < 200; i++) {
      await socket.send(new Uint8Array(4), server.addresses[0]);
      await socket.receive();
    }
    await server.shutdown();
    const told = log.text().match(/Time request from/g)?.length ?? 0;
    const untold = [...log.text().matchAll(/and (\d+) more time requests?/g)];
    assertEquals(told + untold.reduce((sum, [, more]) => sum + Number(more), 0), 200, log.text());
    assert(told <= 40, log.text());
    assert(log.text().includes("Transport: mmsg (1 worker thread)"));
  },
);

await testWith(batches, "a worker that dies is reported with its cause and replaced", async () => {
  const dying = "onmessage = () => { postMessage({ event: 'ready' });" +
    "setTimeout(() => { throw new Error('out of luck'); }, 10); };";
  const log = collectingLog();
  using status = new StatusKeeper(systemClock, {});
  let opened = 0;
  const crew = new Crew({
    size: 1,
    services: { utc: true, daytimeFormat: "ctime" },
    status: status.page,
    log,
    openWorker(): Worker {
      const isFirst = opened++ < 2;
      const url = `data:text/javascript,${encodeURIComponent(dying)}`;
      return isFirst ? new Worker(url, { type: "module" }) : openWorker();
    },
  });
  const port = crew.listen({ protocol: "asctime", hostname: "127.0.0.1", port: 0 });
  await crew.start();
  // Asked before the successor is there: its socket outlives the worker.
  assert((await query(`asctime://127.0.0.1:${port}`, { timeout: 10 })).text.length === 24);
  assertEquals(opened, 3);
  assertEquals(log.text().match(/A worker thread died .*: .*out of luck/g)?.length, 2, log.text());
  await crew.shutdown();
});

await testWith(
  batches,
  "a worker that cannot start is an error of serve's, and leaves nothing",
  async () => {
    using status = new StatusKeeper(systemClock, {});
    const dying = "throw new Error('no memory')";
    const crew = new Crew({
      size: 2,
      services: { utc: true, daytimeFormat: "ctime" },
      status: status.page,
      openWorker: () => new Worker(`data:text/javascript,${dying}`, { type: "module" }),
    });
    const port = crew.listen({ protocol: "asctime", hostname: "127.0.0.1", port: 0 });
    await assertRejects(() => crew.start(), Error, "no memory");
    await crew.shutdown();
    await using again = await serve(`asctime://127.0.0.1:${port}`);
    assertEquals(again.addresses[0]?.port, port);
  },
);

Deno.test("serve says why it cannot use mmsg, and takes datagram where it may choose", async () => {
  const log = collectingLog();
  const responder = { respond: (): number => 0 };
  const clock = { read: (): void => {} };
  for (const own of [{ responder }, { clock }]) {
    await assertRejects(
      () => serve(FREE, { ...own, ...mmsg }),
      Deno.errors.NotSupported,
      "Cannot use the mmsg transport: ",
    );
    await using server = await serve(FREE, { ...own, transport: "auto", log });
    assertEquals(server.transport, "datagram");
  }
  await log.flush();
  assert(/Transport: datagram \(.+\)\n/.test(log.text()), log.text());
  await using server = await serve(FREE);
  assertEquals(server.transport, "datagram");
  for (const workers of [0, 1.5, 100_000]) {
    await assertRejects(() => serve(FREE, { workers }), RangeError, "workers: expected 1 to");
  }
});

Deno.test({
  name: "serve on auto uses datagram without the permission ffi",
  permissions: { net: true },
  async fn(): Promise<void> {
    const log = collectingLog();
    await using server = await serve(FREE, { transport: "auto", log });
    await log.flush();
    assertEquals(server.transport, "datagram");
    if (Deno.build.os === "linux") assert(log.text().includes("(no permission --allow-ffi)"));
  },
});

interface Socket extends Disposable {
  send(octets: Uint8Array, to?: { hostname: string; port: number }): Promise<number>;
  receive(): Promise<Uint8Array>;
}

function listen(): Socket {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  return {
    send: (octets, to = { hostname: "", port: 0 }) =>
      socket.send(octets, { transport: "udp", hostname: to.hostname, port: to.port }),
    receive: async () => (await within(5, socket.receive()))[0],
    [Symbol.dispose]: () => socket.close(),
  };
}
