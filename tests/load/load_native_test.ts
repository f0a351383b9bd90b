import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import type { LoadResult } from "../../src/load/figures.ts";
import { load } from "../../src/load/load.ts";
import type { LoadOptions } from "../../src/load/options.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { serve } from "../../src/server/serve.ts";
import { isAvailable, type Needs, where } from "../support/needs.ts";
import { freePort } from "../support/udp_client.ts";
import { within } from "../support/wait.ts";
import { AHEAD_SECONDS, type Fault } from "./faulty_server.ts";

/** A server with a fault, in a thread of its own. */
class FaultyServer implements Disposable {
  readonly #worker: Worker;
  readonly port: number;

  private constructor(worker: Worker, port: number) {
    this.#worker = worker;
    this.port = port;
  }

  static async start(fault: Fault): Promise<FaultyServer> {
    const url = new URL("faulty_server.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    const port = new Promise<number>((resolve) => worker.onmessage = ({ data }) => resolve(data));
    worker.postMessage(fault);
    return new FaultyServer(worker, await within(30, port));
  }

  /** Resolves once this many requests have arrived, if that was not before. */
  received(count: number): Promise<void> {
    return new Promise((resolve) =>
      this.#worker.onmessage = ({ data }) => data === count && resolve()
    );
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

const COUNT = 20;

const options = {
  duration: "60s",
  warmup: "0s",
  requests: COUNT,
  window: 4,
  flows: 2,
  // A busy machine is not a fault.
  timeout: "5s",
} as const satisfies LoadOptions;

async function loadOn(fault: Fault, more: LoadOptions = {}): Promise<LoadResult> {
  using server = await FaultyServer.start(fault);
  return await load(`ntp://127.0.0.1:${server.port}`, { ...options, ...more });
}

type Counts = Partial<
  Pick<LoadResult, "good" | "bad" | "duplicate" | "lost" | "late" | "stray">
>;

function assertCounts(result: LoadResult, expected: Counts): void {
  const { sent, good, bad, duplicate, lost, late, stray } = result;
  assertEquals(
    { sent, good, bad, duplicate, lost, late, stray },
    { sent: COUNT, good: 0, bad: 0, duplicate: 0, lost: 0, late: 0, stray: 0, ...expected },
  );
}

const needs: Needs = { linux: true, permissions: [{ name: "ffi" }, { name: "read" }] };

const cases: readonly (readonly [Fault, Counts, LoadOptions?])[] = [
  ["none", { good: COUNT }],
  ["none", { good: COUNT }, { rate: 2000 }],
  ["none", { good: COUNT }, { segmented: true }],
  ["none", { good: COUNT }, { segmented: true, rate: 100_000 }],
  ["duplicate", { good: COUNT, duplicate: COUNT }],
  ["short", { bad: COUNT }],
  ["cut off", { bad: COUNT }],
  ["long", { bad: COUNT }],
  ["wrong mode", { bad: COUNT }],
  ["unsynchronised", { bad: COUNT }],
  ["kiss-o'-death", { bad: COUNT }],
  ["zero receive time", { bad: COUNT }],
  ["zero transmit time", { bad: COUNT }],
  ["silent", { lost: COUNT }, { timeout: "50ms" }],
  ["every other", { good: COUNT / 2, lost: COUNT / 2 }, {
    timeout: "1s",
    window: COUNT,
    flows: 1,
  }],
  ["every other", { good: COUNT / 2, lost: COUNT / 2 }, {
    timeout: "1s",
    rate: 2000,
    flows: 1,
  }],
  ["wrong origin", { lost: COUNT, stray: COUNT }, { timeout: "1s", window: COUNT }],
  ["not sent yet", { lost: COUNT, stray: COUNT }, { timeout: "1s", window: COUNT }],
];

const isThere = await isAvailable(needs, "load counts the replies of a server with each fault");

for (const [fault, expected, more] of isThere ? cases : []) {
  const how = more ? ` (${Object.keys(more).join(", ")})` : "";
  Deno.test(
    await where(
      needs,
      `load counts the replies of a server with the fault: ${fault}${how}`,
      async () => {
        const result = await loadOn(fault, more);
        assertCounts(result, expected);
        assertEquals(result.latencyUs.p50 === undefined, result.good === 0);
        assertEquals(result.goodPerSecond, result.good / result.seconds);
      },
    ),
  );
}

Deno.test(
  await where(needs, "load does not wait for replies once its signal aborts", async () => {
    using server = await FaultyServer.start("silent");
    const controller = new AbortController();
    const { signal } = controller;
    // All requests leave at once, and would be lost after 10 s.
    const patient = { ...options, window: COUNT, timeout: "10s", signal };
    const ended = load(`ntp://127.0.0.1:${server.port}`, patient);
    await within(8, server.received(COUNT));
    controller.abort();
    assertCounts(await within(8, ended), { lost: COUNT });
  }),
);

Deno.test(
  await where(needs, "load counts a late reply's request as lost, once", async () => {
    const timing = { requests: undefined, duration: "1s", rate: 100, timeout: "50ms" };
    const result = await loadOn("late", { ...timing, flows: 1 });
    const { sent, lost, late, good, bad, duplicate, stray } = result;
    assertEquals([lost, good, bad, duplicate, stray], [sent, 0, 0, 0, 0]);
    assert(0 < late && late <= lost, `${late} late of ${lost}`);
  }),
);

Deno.test(
  await where(needs, "load keeps its rate on a flow that gets no reply", async () => {
    // Were the flow drained, it would send some 100 requests, and then wait for the timeout.
    const timing = { requests: undefined, duration: "800ms", rate: 1000, timeout: "1s" };
    const { sent, lost } = await loadOn("silent", { ...timing, flows: 1 });
    assertEquals(lost, sent);
    assert(sent > 200 && sent <= 800, `${sent} sent`);
  }),
);

Deno.test(
  await where(needs, "load measures the offset of a server", async () => {
    const right = await loadOn("none");
    const ahead = await loadOn("ahead");
    assertCounts(ahead, { good: COUNT });
    const [little, much] = [right.offsetUs?.p50 ?? NaN, ahead.offsetUs?.p50 ?? NaN];
    assertLess(Math.abs(much / 1e6 - AHEAD_SECONDS), AHEAD_SECONDS / 4);
    assertLess(little, AHEAD_SECONDS * 1e6 / 4);
  }),
);

Deno.test(
  await where(
    needs,
    "load sends until its time is over, and measures a process's CPU time",
    async () => {
      let reports = 0;
      const result = await loadOn("none", {
        requests: undefined,
        duration: "600ms",
        warmup: "50ms",
        pid: Deno.pid,
        onProgress: ({ seconds, lost }) => {
          reports++;
          assert(seconds > 0 && lost === 0);
        },
      });
      assertGreater(result.good, 0);
      assertEquals([result.good, result.bad + result.lost], [result.sent, 0]);
      assertGreater(result.cpuUsPerReply ?? 0, 0);
      assertGreater(reports, 0);
    },
  ),
);

Deno.test(
  await where(needs, "load keeps a rate, in bursts too", async () => {
    for (const segmented of [false, true]) {
      // However busy the machine is, no more leaves than falls due in that time.
      const more = { requests: undefined, duration: "200ms", rate: 1000, segmented };
      const { sent } = await loadOn("none", more);
      assert(sent > 0 && sent <= 200, `${sent} sent`);
      // What is late is made good, so that a number of requests is complete.
      assertCounts(await loadOn("none", { rate: 1000, segmented }), { good: COUNT });
    }
  }),
);

Deno.test(
  await where(needs, "load ends early when its signal aborts", async () => {
    const controller = new AbortController();
    const result = await loadOn("none", {
      requests: undefined,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    assertLess(result.seconds, 60);
    assertEquals(result.good, result.sent);
  }),
);

Deno.test(
  await where(needs, "load reports a closed port, with one request and with many", async () => {
    for (const requests of [1, undefined]) {
      const error = await assertRejects(
        () => load(`ntp://127.0.0.1:${freePort()}`, { ...options, requests }),
        QueryError,
        "Nothing listens on udp 127.0.0.1:",
      );
      assertEquals(error.reason, "refused");
    }
  }),
);

Deno.test(
  await where({ ...needs, ipv6: true }, "load reports a closed port over IPv6 too", async () => {
    await assertRejects(
      () => load(`ntp://[::1]:${freePort()}`, options),
      QueryError,
      "Nothing listens on udp [::1]:",
    );
  }),
);

Deno.test(
  await where(needs, "load measures a server by its URL, and returns the address", async () => {
    await using server = await serve("ntp://127.0.0.1:0", { transport: "mmsg" });
    const port = server.addresses[0]?.port;
    const { url, address, sent, good, port: tested } = await load(`ntp://localhost:${port}`, {
      requests: 50,
      timeout: "5s",
    });
    assertEquals([url, address, tested], [`ntp://localhost:${port}`, "127.0.0.1", port]);
    assertEquals([sent, good], [50, 50]);
  }),
);

Deno.test(
  await where(needs, "load reports a closed port on every address of a host", async () => {
    const error = await assertRejects(() => load(`localhost:${freePort()}`), QueryError);
    assertEquals(error.reason, "refused");
  }),
);
