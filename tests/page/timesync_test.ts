import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createClock } from "../../src/page/timesync.js";
import { replacing } from "../support/replacing.ts";
import { FakePage } from "./fake_page.ts";

type PageClock = ReturnType<typeof createClock>;

const server = "http://time.example:8880";

/** The resolution of the fake clock, which stands still, twice. */
const COARSE_MS = 2;

/** Runs a test of a clock that has asked the server for the first time. */
async function withClock(
  page: FakePage,
  test: (clock: PageClock, errorMs: () => number) => Promise<void>,
): Promise<void> {
  await page.run(async () => {
    const clock = createClock({ server });
    try {
      await page.time.advance(1000);
      await test(clock, () => clock.now() - page.servedMs);
    } finally {
      clock.close();
      const { length } = page.requests;
      await page.time.advance(200_000);
      // A closed clock leaves nothing behind.
      assertEquals(page.listeners, 0);
      assertEquals(page.requests.length, length);
    }
  });
}

Deno.test("a page's clock asks 8 times at first, then 4 times every 64 s", async () => {
  const page = new FakePage();
  await withClock(page, async (clock, errorMs) => {
    assertEquals(await clock.ready, clock);
    assertEquals(page.requests, [0, 65, 130, 195, 260, 325, 390, 455]);
    assertEquals(new Set(page.paths), new Set([`${server}/time`]));
    assertAlmostEquals(errorMs(), 0, 1e-3);
    assertEquals(clock.status, "synchronized");
    assertEquals(clock.offset, clock.now() - page.time.monotonicMs());
    // Half the delay without the time within the server, the root distance, and 100 ppm since the last reply.
    assertAlmostEquals(clock.bound, 2 + 3 + COARSE_MS + (1000 - 460) * 1e-4, 1e-9);
    await page.time.advance(64_000 - 540);
    assertEquals(page.requests.length, 8 + 1);
    await page.time.advance(1000);
    assertEquals(page.requests.length, 8 + 4);
  });
});

Deno.test("a page's clock is within its bound, however the delays of the network differ", async () => {
  for (
    const [there, back, errorMs] of [[0, 40, 20], [40, 0, -20], [100, 2, -49], [1, 1, 0]] as const
  ) {
    const page = new FakePage();
    page.status = { leap: "none", root_distance: 0, simulated: false };
    page.delays = { there, within: 3, back, late: 0 };
    await withClock(page, (clock, error) => {
      assertAlmostEquals(error(), -errorMs, 1e-3);
      assert(Math.abs(error()) <= clock.bound - COARSE_MS);
      return Promise.resolve();
    });
  }
});

Deno.test("a page's clock keeps the exchange of the least delay", async () => {
  const page = new FakePage();
  page.delays = { there: 30, within: 0, back: 2, late: 0 };
  await page.run(async () => {
    const clock = createClock({ server });
    // The fourth request is quick, those around it are not.
    await page.time.advance(3 * 92 + 91);
    page.delays = { there: 1, within: 0, back: 1, late: 0 };
    await page.time.advance(10);
    page.delays = { there: 2, within: 0, back: 60, late: 0 };
    await page.time.advance(2000);
    assertAlmostEquals(clock.now() - page.servedMs, 0, 1e-3);
    clock.close();
  });
});

Deno.test("a page's clock goes by what the browser measured, not by when promises settle", async () => {
  for (const [hasTiming, errorMs] of [[true, 0], [false, -20]] as const) {
    const page = new FakePage();
    page.hasTiming = hasTiming;
    page.delays = { there: 1, within: 0, back: 1, late: 40 };
    await withClock(page, (clock, error) => {
      assertAlmostEquals(error(), errorMs, 1e-3);
      assert(Math.abs(error()) <= clock.bound);
      return Promise.resolve();
    });
  }
});

Deno.test("a small correction is made at 500 ppm, a step at once", async () => {
  const page = new FakePage();
  page.status = { leap: "none", root_distance: 0, simulated: false };
  await withClock(page, async (clock, errorMs) => {
    let changes = 0;
    const end = clock.on("change", () => changes++);
    page.aheadMs = -50;
    await page.time.advance(64_000);
    let last = clock.now();
    for (let i = 1; i <= 10; i++) {
      await page.time.advance(1000);
      const now = clock.now();
      assertAlmostEquals(now - last, 1000 - 0.5, 1e-3);
      assert(Math.abs(errorMs()) <= clock.bound);
      last = now;
    }
    assertEquals(changes, 1);
    await page.time.advance(110_000);
    assertAlmostEquals(errorMs(), 0, 1e-3);
    page.aheadMs = 5000;
    await page.time.advance(64_000);
    assertAlmostEquals(errorMs(), 0, 1e-3);
    assertEquals(changes > 2, true);
    end();
  });
});

Deno.test("a page's clock asks again 16 s after the server's has stepped", async () => {
  const page = new FakePage();
  await withClock(page, async () => {
    page.aheadMs = 5000;
    await page.time.advance(64_000);
    const { length } = page.requests;
    await page.time.advance(15_000);
    assertEquals(page.requests.length, length);
    await page.time.advance(2000);
    assertEquals(page.requests.length, length + 4);
  });
});

Deno.test("a hidden page asks nothing, and asks at once when it is shown", async () => {
  const page = new FakePage();
  await withClock(page, async (clock) => {
    page.show(false);
    await page.time.advance(3_600_000);
    assertEquals(page.requests.length, 8);
    assert(clock.bound > 360);
    page.show(true);
    await page.time.advance(1000);
    assertEquals(page.requests.length, 12);
    // It is not due yet.
    page.show(false);
    page.show(true);
    await page.time.advance(1000);
    assertEquals(page.requests.length, 12);
  });
  const hidden = new FakePage();
  hidden.show(false);
  await withClock(hidden, () => {
    assertEquals(hidden.requests, []);
    return Promise.resolve();
  });
});

Deno.test("a page's clock drops what it knew when the device has slept, or its clock was set", async () => {
  for (const event of ["pageshow", "visibilitychange", "online", "now()"]) {
    const page = new FakePage();
    await withClock(page, async (clock, errorMs) => {
      // While it slept, the page's clock stood still and the others went on.
      page.aheadMs = 3_600_000;
      page.time.aheadMs += 3_600_000;
      if (event === "now()") clock.now();
      else page.send(event);
      assertEquals([clock.status, clock.bound], ["waiting", Infinity]);
      await page.time.advance(1000);
      assertEquals([page.requests.length, clock.status], [16, "synchronized"]);
      assertAlmostEquals(errorMs(), 0, 1e-3);
    });
  }
});

Deno.test("an exchange during which the device slept does not count", async () => {
  const page = new FakePage();
  await withClock(page, async (clock, errorMs) => {
    await page.time.advance(63_460 - 1);
    page.delays = { there: 5, within: 0, back: 5, late: 0 };
    // Within the way back of the reply.
    await page.time.advance(8);
    assertEquals(page.requests.length, 9);
    page.aheadMs = 70;
    page.time.aheadMs += 70;
    await page.time.advance(2000);
    assertAlmostEquals(errorMs(), 0, 1e-3);
    // It has begun anew.
    assertEquals([page.requests.length, clock.status], [9 + 8, "synchronized"]);
  });
});

Deno.test("a page's clock reports how good the server's is", async () => {
  const page = new FakePage();
  await withClock(page, async (clock) => {
    page.status = { ...page.status, leap: "unsynchronized" };
    await page.time.advance(65_000);
    assertEquals(clock.status, "unsynchronized");
    page.status = { ...page.status, leap: "insert", simulated: true };
    await page.time.advance(65_000);
    assertEquals(clock.status, "simulated");
  });
});

Deno.test("a page's clock has no bound until its server is synchronised", async () => {
  const page = new FakePage();
  page.status = { leap: "unsynchronized", root_distance: null, simulated: false };
  await withClock(page, async (clock, errorMs) => {
    await page.time.advance(1000);
    assertEquals([clock.status, clock.bound], ["unsynchronized", Infinity]);
    page.status = { leap: "none", root_distance: 0.003, simulated: false };
    await page.time.advance(65_000);
    assertEquals(clock.status, "synchronized");
    assert(errorMs() <= clock.bound && clock.bound < 20);
  });
});

Deno.test("a page's clock is stale after three failures, and goes on", async () => {
  const page = new FakePage();
  await withClock(page, async (clock, errorMs) => {
    page.failure = "silence";
    await page.time.advance(63_600);
    assertEquals(page.requests.length, 9);
    await page.time.advance(1000);
    assertEquals([page.requests.length, clock.status], [10, "synchronized"]);
    await page.time.advance(2000);
    assertEquals([page.requests.length, clock.status], [11, "stale"]);
    assertAlmostEquals(errorMs(), 0, 1e-3);
    page.failure = "none";
    await page.time.advance(5000);
    assertEquals([page.requests.length, clock.status], [15, "synchronized"]);
  });
});

Deno.test("a WebSocket is opened again after it was closed, and its errors count as failures", async () => {
  const page = new FakePage();
  const opened: FakeSocket[] = [];
  let isRefusing = true;
  class FakeSocket {
    readyState = 0;
    onopen = (): void => {};
    onclose = (): void => {};
    onmessage = (_event: { data: string }): void => {};
    readonly url: string;

    constructor(url: URL) {
      this.url = url.href;
      opened.push(this);
      void page.time.sleep(10).then(() => {
        this.readyState = 1;
        this.onopen();
      });
    }

    async send(text: string): Promise<void> {
      const { id, method } = JSON.parse(text);
      assertEquals(method, "time");
      await page.time.sleep(2);
      const [t2, t3] = [page.servedMs, page.servedMs];
      await page.time.sleep(2);
      const error = { code: -32000, message: "Too many requests" };
      const result = { t2, t3, ...page.status };
      const answer = isRefusing ? { error } : { result };
      this.onmessage({ data: JSON.stringify({ jsonrpc: "2.0", id, ...answer }) });
    }

    close(): void {
      this.readyState = 3;
      this.onclose();
    }
  }
  await replacing([[globalThis, { WebSocket: FakeSocket }]], () =>
    page.run(async () => {
      const clock = createClock({ server, transport: "websocket" });
      await page.time.advance(10_000);
      assertEquals([clock.status, opened.length], ["stale", 1]);
      isRefusing = false;
      await page.time.advance(20_000);
      assertEquals(clock.status, "synchronized");
      assertAlmostEquals(clock.now() - page.servedMs, 0, 1e-3);
      opened[0]?.close();
      page.aheadMs = 5000;
      await page.time.advance(70_000);
      assertAlmostEquals(clock.now() - page.servedMs, 0, 1e-3);
      assertEquals(opened.map(({ url }) => url), Array(2).fill("ws://time.example:8880/timesync"));
      clock.close();
      assertEquals(opened[1]?.readyState, 3);
    }));
});

Deno.test("a page that is refused waits as long as the server says, then twice as long", async () => {
  const page = new FakePage();
  page.failure = 7;
  await withClock(page, async (clock) => {
    assertEquals([clock.status, clock.now(), clock.bound], ["waiting", NaN, Infinity]);
    await page.time.advance(50_000);
    assertEquals(page.requests.map((ms) => Math.round(ms / 1000)), [0, 7, 21, 49]);
  });
});
