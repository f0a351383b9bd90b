/** What only mmsg has, its worker threads first of all, and the choice of a transport. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { query } from "../../../src/client/query.ts";
import { systemClock } from "../../../src/clock/system_clock.ts";
import { decodeNtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { toInstant } from "../../../src/protocols/ntp/timestamp.ts";
import { WorkerPool } from "../../../src/server/workers/pool.ts";
import { planGuard } from "../../../src/server/guard/guard.ts";
import { serve } from "../../../src/server/serve.ts";
import { ServedTime } from "../../../src/clock/served_time.ts";
import { openWorker } from "../../../src/server/workers/threads.ts";
import { batches } from "../../conformance/transports.ts";
import { collectingLog } from "../../support/collecting_log.ts";
import { where } from "../../support/needs.ts";
import { UdpClient } from "../../support/udp_client.ts";
import { until, within } from "../../support/wait.ts";

const FREE = "asctime://127.0.0.1:0";
const mmsg = { transport: "mmsg" } as const;
const services = { utc: true, daytimeFormat: "ctime" } as const;
const guard = planGuard({});

function servedTime(): ServedTime {
  const status = { source: "fixed" } as const;
  return new ServedTime({ base: systemClock, clock: {}, status, precision: -20 });
}

Deno.test(
  await where(batches, "mmsg stamps a request when it arrives, not when it is read", async () => {
    // The kernel begins to stamp datagrams a moment after the first socket requests it.
    await using other = await serve(FREE, mmsg);
    await query(other.addresses[0]?.url ?? "");
    using time = servedTime();
    const pool = new WorkerPool({ size: 1, services, guard });
    const { port } = pool.listen({ protocol: "ntp", hostname: "127.0.0.1", port: 0 }, time.page);
    using client = new UdpClient();
    const request = new Uint8Array(48);
    request[0] = 0x23;
    await client.send(request, { hostname: "127.0.0.1", port });
    const sentMs = Date.now();
    // No thread reads it before a worker is there.
    await until(() => Date.now() > sentMs);
    await pool.start();
    const { octets } = await client.receive();
    const { receiveTimestamp, transmitTimestamp } = decodeNtpPacket(octets);
    const pivot = Temporal.Now.instant();
    assert(toInstant(receiveTimestamp, pivot).epochMilliseconds <= sentMs);
    assert(toInstant(transmitTimestamp, pivot).epochMilliseconds > sentMs);
    await pool.shutdown();
  }),
);

Deno.test(
  await where(batches, "0.0.0.0 on mmsg is every address of the loopback network", async () => {
    await using server = await serve("asctime://0.0.0.0:0", mmsg);
    assertEquals(server.addresses.map(({ hostname }) => hostname), ["0.0.0.0"]);
    using client = new UdpClient();
    for (const hostname of ["127.0.0.1", "127.0.0.2", "127.255.0.3"]) {
      await client.send(new Uint8Array(1), { hostname, port: server.addresses[0]?.port ?? 0 });
      assertEquals((await client.receive()).from.hostname, hostname);
    }
  }),
);

Deno.test(
  await where(batches, "the log has the number of worker threads", async () => {
    const log = collectingLog();
    await using server = await serve(FREE, { ...mmsg, log });
    await log.flush();
    assert(log.text().includes(`Transport: ${server.transport} (1 worker thread)\n`), log.text());
  }),
);

Deno.test(
  await where(batches, "a worker that dies is reported with its cause and replaced", async () => {
    const dying = "onmessage = () => { postMessage({ event: 'ready' });" +
      "setTimeout(() => { throw new Error('out of luck'); }, 10); };";
    const log = collectingLog();
    using time = servedTime();
    let opened = 0;
    const complete: boolean[] = [];
    const pool = new WorkerPool({
      size: 1,
      services,
      guard,
      log,
      openWorker(): Worker {
        const isFirst = opened++ < 2;
        complete.push(pool.isComplete);
        const url = `data:text/javascript,${encodeURIComponent(dying)}`;
        return isFirst ? new Worker(url, { type: "module" }) : openWorker();
      },
    });
    const { port } = pool.listen(
      { protocol: "asctime", hostname: "127.0.0.1", port: 0 },
      time.page,
    );
    await pool.start();
    // Asked before the successor is there: its socket outlives the worker.
    assert((await query(`asctime://127.0.0.1:${port}`, { timeout: "10s" })).text.length === 24);
    assertEquals(opened, 3);
    assertEquals([...complete, pool.isComplete], [false, false, false, true]);
    assertEquals(
      log.text().match(/A worker thread died .*: .*out of luck/g)?.length,
      2,
      log.text(),
    );
    await pool.shutdown();
  }),
);

Deno.test(
  await where(
    batches,
    "a worker that cannot start makes serve fail, and leaves nothing open",
    async () => {
      using time = servedTime();
      const dying = "throw new Error('no memory')";
      const pool = new WorkerPool({
        size: 2,
        services,
        guard,
        openWorker: () => new Worker(`data:text/javascript,${dying}`, { type: "module" }),
      });
      const { port } = pool.listen(
        { protocol: "asctime", hostname: "127.0.0.1", port: 0 },
        time.page,
      );
      await assertRejects(() => pool.start(), Error, "no memory");
      await pool.shutdown();
      await using again = await serve(`asctime://127.0.0.1:${port}`);
      assertEquals(again.addresses[0]?.port, port);
    },
  ),
);

Deno.test(
  await where(batches, "a pool stopped before a worker is ready does not wait for it", async () => {
    const openWorker = (): Worker => new Worker("data:text/javascript,", { type: "module" });
    const pool = new WorkerPool({ size: 1, services, guard, openWorker });
    const starting = pool.start();
    await within(20, pool.shutdown());
    await within(20, starting);
  }),
);

Deno.test(
  await where(
    batches,
    "a controlled server can have faults, unless mmsg was requested",
    async () => {
      const control = "127.0.0.1:0";
      for (const [transport, chosen] of [["auto", "datagram"], ["mmsg", "mmsg"]] as const) {
        await using server = await serve(FREE, { transport, control });
        assertEquals(server.transport, chosen);
        assertEquals(server.addresses[0]?.faults !== undefined, chosen === "datagram");
      }
    },
  ),
);
