import { assert, assertEquals } from "@std/assert";
import client from "timesync/page" with { type: "text" };
import { serve, type Server } from "../../mod.ts";
import { browserNeeds, openBrowser, type Page } from "../support/browser.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

const http = "127.0.0.1:0";

/** What a clock of a page said, less the served time, which is 5 s ahead of the machine's; in milliseconds. */
interface Reading {
  readonly error: number;
  readonly bound: number;
  readonly status: string;
}

/** Runs a test in a page of another site than the server's, and requires that it writes no message. */
async function withPage(
  server: Server,
  test: (page: Page, url: string) => Promise<void>,
): Promise<void> {
  await using other = await serve("ntp://127.0.0.1:0", { http });
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const messages: string[] = [];
    // A page of JSON has no icon.
    page.on("console", (message) => {
      if (!message.location().url.endsWith("/favicon.ico")) messages.push(message.text());
    });
    page.on("pageerror", (error) => messages.push(String(error)));
    await page.goto(`${other.http?.url.replace("127.0.0.1", "localhost")}/time`);
    await test(page, server.http?.url ?? "");
    assertEquals(messages, []);
  } finally {
    await browser.close();
  }
}

/**
 * Reads the time by this many clocks of one exchange each, several at once; the bound is without the server's
 * root distance, which says nothing about the page.
 */
async function readClocks(
  page: Page,
  options: { url: string; transport: string; count: number; atOnce: number },
): Promise<Reading[]> {
  return await page.evaluate(async ({ url, transport, count, atOnce }) => {
    const { createClock } = await import(`${url}/timesync.js`);
    const readDistance = async (): Promise<number> => {
      const { root_distance } = await (await fetch(`${url}/time`)).json();
      return root_distance * 1000;
    };
    const readAll = async (distance: number): Promise<Reading[]> => {
      const readings: Reading[] = [];
      const read = async (): Promise<void> => {
        while (readings.length < count) {
          const clock = createClock({ samples: 1, transport });
          await clock.ready;
          const error = clock.now() - (performance.timeOrigin + performance.now() + 5000);
          readings.push({ error, bound: clock.bound - distance, status: clock.status });
          clock.close();
        }
      };
      await Promise.all(Array.from({ length: atOnce }, read));
      return readings;
    };
    const distance = await readDistance();
    const readings = await readAll(distance);
    // Each 1,024 s a local clock is taken to be right again, and its distance shrinks at once.
    const later = await readDistance();
    return later >= distance ? readings : await readAll(later);
  }, options);
}

Deno.test(
  await where(
    browserNeeds,
    "a browser's clock is within its bound, in 1,000 exchanges under load",
    async () => {
      await using server = await serve("ntp://127.0.0.1:0", { http, clock: { offset: "5s" } });
      await withPage(server, async (page, url) => {
        for (const transport of ["fetch", "websocket"]) {
          const readings = await readClocks(page, { url, transport, count: 500, atOnce: 8 });
          const wrong = readings.filter(({ error, bound }) => !(Math.abs(error) <= bound));
          assertEquals(wrong, [], transport);
          assert(readings.length >= 500);
        }
      });
    },
  ),
);

Deno.test(
  await where(browserNeeds, "a browser's clock follows a step of the server", async () => {
    await using server = await serve("ntp://127.0.0.1:0", { http, clock: { offset: "5s" } });
    await withPage(server, async (page, url) => {
      const begin = async (url: string): Promise<void> => {
        const { createClock } = await import(`${url}/timesync.js`);
        const clock = createClock({ every: 200 });
        Object.assign(globalThis, { clock });
        await clock.ready;
      };
      const read = (): Reading => {
        const { clock } = globalThis as unknown as {
          clock: { now(): number; bound: number; status: string };
        };
        const error = clock.now() - (performance.timeOrigin + performance.now() + 5000);
        return { error, bound: clock.bound, status: clock.status };
      };
      await page.evaluate(begin, url);
      const before = await page.evaluate(read);
      assert(Math.abs(before.error) <= before.bound, `${before.error} of ${before.bound} ms`);
      assertEquals(before.status, "simulated");
      server.clock.step("PT1H");
      await page.waitForFunction(() => {
        const { clock } = globalThis as unknown as { clock: { now(): number } };
        return clock.now() - Date.now() > 3_600_000;
      });
      const after = await page.evaluate(read);
      assert(Math.abs(after.error - 3_600_000) <= after.bound);
    });
  }),
);

Deno.test(
  await where(browserNeeds, "the example of the documentation shows the time", async () => {
    const text = await Deno.readTextFile(`${root}docs/pages.md`);
    const example = /```html\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    await using server = await serve("ntp://127.0.0.1:0", { http, clock: { offset: "1h" } });
    await withPage(server, async (page, url) => {
      await page.setContent(example.replace("http://127.0.0.1:8880", url));
      const clock = page.getByText(" ms");
      await clock.waitFor();
      const shown = await clock.textContent() ?? "";
      const [, time = "", bound] = /^(\S+Z) ± (\d+\.\d) ms$/.exec(shown) ?? [];
      assert(Math.abs(Date.parse(time) - server.clock.now().epochMilliseconds) < 60_000, shown);
      assert(Number(bound) < 5000, shown);
    });
  }),
);

Deno.test(
  await where(
    browserNeeds,
    "the npm package timesync works in a browser, over HTTP and a WebSocket",
    async () => {
      await using server = await serve("ntp://127.0.0.1:0", { http, clock: { offset: "1h" } });
      await withPage(server, async (page, url) => {
        await page.evaluate(client);
        const offsets = await page.evaluate(async (url) => {
          // deno-lint-ignore no-explicit-any -- a package without types
          const { timesync } = globalThis as any;
          const byHttp = timesync.create({ server: `${url}/timesync`, interval: null, delay: 1 });
          await byHttp.sync();
          const socket = new WebSocket(`${url.replace("http", "ws")}/timesync`);
          await new Promise((resolve) => socket.onopen = resolve);
          const bySocket = timesync.create({ peers: ["server"], interval: null, delay: 1 });
          bySocket.send = (_to: string, data: unknown) => {
            socket.send(JSON.stringify(data));
            return Promise.resolve();
          };
          socket.onmessage = ({ data }) => bySocket.receive("server", JSON.parse(data));
          await bySocket.sync();
          return [byHttp.offset, bySocket.offset];
        }, url);
        assertEquals(offsets.length, 2);
        for (const offset of offsets) assert(Math.abs(offset - 3_600_000) < 60_000, `${offset} ms`);
      });
    },
  ),
);

Deno.test(
  await where(
    browserNeeds,
    "a page of the internet gets the time of this machine once its user allows it",
    async () => {
      await using server = await serve("ntp://127.0.0.1:0", { http });
      await using internet = await serve("ntp://127.0.0.1:0", { http });
      const site = internet.http?.url ?? "";
      const space = `--ip-address-space-overrides=${new URL(site).host}=public`;
      const browser = await openBrowser(space);
      try {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(`${site}/time`);
        const options = { url: server.http?.url ?? "", transports: ["fetch", "websocket"] };
        /** The state of each clock after its first measurement, which fails at once where it is not allowed. */
        const readStatus = async ({ url, transports }: typeof options): Promise<string[]> => {
          const path = "/timesync.js";
          const { createClock } = await import(path);
          return await Promise.all(transports.map((transport) =>
            new Promise<string>((resolve) => {
              const clock = createClock({ server: url, transport, samples: 1 });
              clock.on("change", () => {
                resolve(clock.status);
                clock.close();
              });
            })
          ));
        };
        assertEquals(await page.evaluate(readStatus, options), ["waiting", "waiting"]);
        await context.grantPermissions(["local-network-access"]);
        await page.reload();
        assertEquals(await page.evaluate(readStatus, options), ["synchronized", "synchronized"]);
      } finally {
        await browser.close();
      }
    },
  ),
);
