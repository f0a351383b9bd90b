/** One worker thread, from its setup to its end. */
import { assertEquals } from "@std/assert";
import { UNKNOWN_CLOCK } from "../../../src/clock/status.ts";
import { ServedPage, SYSTEM_TIME } from "../../../src/clock/page.ts";
import { decodeNtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { planGuard } from "../../../src/server/guard/guard.ts";
import { allocateClients } from "../../../src/server/clients/client_table.ts";
import { listClients } from "../../../src/server/clients/list_clients.ts";
import { LineLimiter } from "../../../src/server/log/line_limiter.ts";
import type { WorkerMessage, WorkerSetup } from "../../../src/server/workers/setup.ts";
import { openWorker } from "../../../src/server/workers/threads.ts";
import { openLibc, SHUT_RD } from "../../../src/system/libc.ts";
import { Counters } from "../../../src/transports/counters.ts";
import { closeSockets, openSockets } from "../../../src/transports/mmsg/socket.ts";
import { batches } from "../../conformance/transports.ts";
import { where } from "../../support/needs.ts";
import { UdpClient } from "../../support/udp_client.ts";
import { until } from "../../support/wait.ts";

const request = Uint8Array.from({ length: 48 }, (_, i) => i === 0 ? 0x23 : 0);

/** A worker with one socket, and all that it says. */
class TestWorker implements AsyncDisposable {
  readonly port: number;
  readonly counters: Counters;
  readonly clients = allocateClients(16);
  readonly said: WorkerMessage[] = [];
  readonly #libc = openLibc();
  readonly #descriptors: readonly number[];
  readonly #stop = new SharedArrayBuffer(4);
  readonly #worker = openWorker();

  constructor(page: SharedArrayBuffer, change: Partial<WorkerSetup> = {}) {
    const hostname = "127.0.0.1";
    const opened = openSockets(this.#libc, {
      hostname,
      port: 0,
      count: 1,
      receiveQueueOctets: 200_000,
    });
    [this.port, this.#descriptors] = [opened.port, opened.descriptors];
    const counters = new SharedArrayBuffer(Counters.octets);
    this.counters = new Counters(counters);
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerMessage>): void =>
      void this.said.push(data);
    this.#worker.postMessage(
      {
        listeners: [{
          descriptor: this.#descriptors[0] ?? -1,
          endpoint: { protocol: "ntp", hostname, port: this.port },
          page,
          counters,
        }],
        services: { utc: true, daytimeFormat: "ctime" },
        guard: planGuard({ access: { deny: ["127.0.0.2"] } }),
        clients: this.clients,
        stop: this.#stop,
        limiter: new SharedArrayBuffer(LineLimiter.octets),
        logsRequests: true,
        logsRefusals: true,
        ...change,
      } satisfies WorkerSetup,
    );
  }

  /** Waits until it has said something last. */
  async last(event: WorkerMessage["event"]): Promise<void> {
    await until(() => this.said.at(-1)?.event === event, 30);
  }

  async stop(): Promise<void> {
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    for (const descriptor of this.#descriptors) this.#libc.call.shutdown(descriptor, SHUT_RD);
    await this.last("stopped");
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#worker.terminate();
    closeSockets(this.#libc, this.#descriptors);
    this.#libc[Symbol.dispose]();
    return Promise.resolve();
  }
}

function pageOf(stratum: number): SharedArrayBuffer {
  const page = new ServedPage();
  const status = { ...UNKNOWN_CLOCK, stratum, referenceSeconds: 0, precision: -20 };
  page.publish({ ...SYSTEM_TIME, status });
  return page.buffer;
}

Deno.test(
  await where(
    batches,
    "a worker serves its page, counts its clients, and reports twenty requests of each kind",
    async () => {
      await using worker = new TestWorker(pageOf(7));
      await worker.last("ready");
      using client = new UdpClient();
      const to = { hostname: "127.0.0.1", port: worker.port };
      for (let i = 0; i < 23; i++) {
        assertEquals(decodeNtpPacket(await client.ask(request, to)).stratum, 7);
      }
      using stranger = new UdpClient("127.0.0.2");
      for (let i = 0; i < 21; i++) await stranger.send(request, to);
      await until(() => worker.counters.totals().refused.denied === 21);
      // What it sends after a reply is there before its end.
      await worker.stop();
      const endpoint = { protocol: "ntp", ...to };
      const source = { hostname: "127.0.0.1", port: client.address.port };
      const reported = { event: "request", endpoint, source, request, cause: undefined };
      const [ready, ...rest] = worker.said as unknown[];
      assertEquals(ready, { event: "ready" });
      const denied = {
        ...reported,
        source: { hostname: "127.0.0.2", port: stranger.address.port },
        cause: "denied",
      };
      assertEquals(rest, [
        ...Array(20).fill(reported),
        ...Array(20).fill(denied),
        { event: "stopped" },
      ]);
      const { received, answered } = worker.counters.totals();
      assertEquals([received, answered], [44, 23]);
      const { clients } = listClients([worker.clients], Date.now(), { sort: "address" });
      assertEquals(clients.map(({ address, answered, denied }) => [address, answered, denied]), [
        ["127.0.0.1", 23, 0],
        ["127.0.0.2", 0, 21],
      ]);
    },
  ),
);

Deno.test(
  await where(batches, "a worker that need not log reports nothing", async () => {
    await using worker = new TestWorker(pageOf(7), { logsRequests: false, logsRefusals: false });
    await worker.last("ready");
    using client = new UdpClient();
    await client.ask(request, { hostname: "127.0.0.1", port: worker.port });
    await worker.stop();
    assertEquals(worker.said, [{ event: "ready" }, { event: "stopped" }]);
  }),
);

Deno.test(
  await where(batches, "a worker whose socket is none reports it, and dies of it", async () => {
    const endpoint = { protocol: "ntp", hostname: "127.0.0.1", port: 123 } as const;
    const counters = new SharedArrayBuffer(Counters.octets);
    const listeners = [{ descriptor: 1_000_000, endpoint, page: pageOf(7), counters }];
    await using worker = new TestWorker(pageOf(7), { listeners });
    await worker.last("died");
    const message = "Bad file descriptor (os error 9)";
    assertEquals(worker.said, [
      { event: "ready" },
      { event: "failed", endpoint, operation: "receive", message },
      { event: "died", cause: "Cannot receive: Bad file descriptor (errno 9)" },
    ]);
  }),
);
