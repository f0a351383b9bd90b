/** The status page in Chromium, with real servers in every state. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import axe from "axe-core" with { type: "text" };
import { query, serve, type ServeOptions, type Server } from "../../mod.ts";
import { type Browser, browserNeeds, openBrowser, type Page } from "../support/browser.ts";
import { where } from "../support/needs.ts";
import { until } from "../support/wait.ts";

const http = "127.0.0.1:0";

const screens = [
  { viewport: { width: 1920, height: 1080 }, colorScheme: "dark" },
  { viewport: { width: 1920, height: 1080 }, colorScheme: "light" },
  { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
  { viewport: { width: 390, height: 844 }, colorScheme: "light" },
] as const;

/** A page that notes what it must not do: write messages, and reach other hosts. */
class Watched {
  readonly page: Page;
  readonly messages: string[] = [];
  /** Octets of all responses, as they were sent. */
  octets = 0;
  /** The paths that it asked for. */
  readonly paths: string[] = [];

  constructor(page: Page, origin: string) {
    this.page = page;
    page.on("console", (message) => this.messages.push(message.text()));
    page.on("pageerror", (error) => this.messages.push(String(error)));
    page.on("request", (request) => {
      this.paths.push(new URL(request.url()).pathname);
      if (!request.url().startsWith(`${origin}/`)) this.messages.push(`asked ${request.url()}`);
    });
    page.on("requestfinished", async (request) => {
      if (request.url().endsWith("/events")) return;
      // It may be closed meanwhile.
      const sizes = await request.sizes().catch(() => undefined);
      this.octets += sizes?.responseBodySize ?? 0;
    });
  }

  /** The text of an element. */
  async text(id: string): Promise<string> {
    return await this.page.locator(`#${id}`).innerText();
  }

  /** Waits until the text of an element matches. */
  async shows(id: string, pattern: RegExp): Promise<void> {
    let text = "";
    const endsMs = performance.now() + 20_000;
    while (!pattern.test(text = (await this.text(id)).trim())) {
      assert(performance.now() < endsMs, `#${id} is ${JSON.stringify(text)}, not ${pattern}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Requires that it is fit for everybody, and no wider than its screen. */
  async assertSound(where: string): Promise<void> {
    // As texts, for the types of browsers are not those of tests.
    const [wide, width] = await this.page.evaluate<number[]>(
      "[document.documentElement.scrollWidth, innerWidth]",
    );
    assertEquals(wide, width, `${where}: it scrolls sideways`);
    const cut = await this.page.evaluate<string[]>(
      `[...document.querySelectorAll(".scroll")].filter((each) => each.scrollWidth > each.clientWidth)
        .map((each) => each.textContent)`,
    );
    assertEquals(cut, [], `${where}: columns are out of sight`);
    const [clock, inside, unused] = await this.page.evaluate<number[]>(
      `[document.querySelector("#clock").scrollWidth, document.querySelector("#clock").clientWidth,
        innerHeight - document.querySelector("main").getBoundingClientRect().bottom]`,
    );
    assertEquals(clock, inside, `${where}: the time is wider than its card`);
    assert((unused ?? 0) <= 60, `${where}: ${unused} pixels below the tables`);
    await this.page.evaluate(axe);
    const violations = await this.page.evaluate(async () => {
      const { violations } = await Reflect.get(globalThis, "axe").run();
      return violations.map(({ id }: { id: string }) => id);
    });
    assertEquals(violations, [], where);
    assertEquals(this.messages, [], where);
  }
}

async function withBrowser(test: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await openBrowser();
  try {
    await test(browser);
  } finally {
    await browser.close();
  }
}

async function open(
  browser: Browser,
  server: Server,
  screen: typeof screens[number] = screens[0],
): Promise<Watched> {
  const context = await browser.newContext(screen);
  const url = server.http?.url ?? "";
  const watched = new Watched(await context.newPage(), url);
  await watched.page.goto(`${url}/`);
  await watched.shows("live", /live/);
  return watched;
}

interface State {
  readonly options: ServeOptions;
  readonly listeners?: readonly string[];
  readonly warnings: RegExp;
  readonly verdict: RegExp;
  /** What an element shows. */
  readonly text?: readonly [id: string, pattern: RegExp];
}

const states: Readonly<Record<string, State>> = {
  "nothing wrong": { options: {}, warnings: /^$/, verdict: /^✓ Synchronised, right to within / },
  "a simulated clock": {
    options: { clock: { offset: "1h", rate: 10 } },
    warnings: /^▲ NOT THE TRUE TIME[^]*offset \+1 h/,
    verdict: /^▲ 1 h .*ahead, at 10 times the rate$/,
  },
  "listeners with clocks and faults of their own": {
    options: {},
    listeners: [
      "ntp://127.0.0.1:0?offset=3h&rate=1.5&clock-noise=10ms",
      "time://[::1]:0?time=2028-12-31T22:00:00Z&leap=insert@2028-12-31&smear=google",
      "ntp://127.0.0.1:0?drop=0.3&delay=50ms&duplicate=0.1",
    ],
    warnings: /^▲ One listener[^]*▲ FAULTS/,
    verdict: /^✓ Synchronised, right to within /,
  },
  "the key exchange of NTS": {
    options: { ntsSelfSigned: "/dev/null", ntsPort: 0 },
    warnings: /^$/,
    verdict: /^✓ Synchronised, right to within /,
    text: [
      "nts",
      /^0 clients got keys\s+none failed\s+✓ certificate valid until \d{4}-\d\d-\d\d, for \d+ d$/,
    ],
  },
  "not synchronised": {
    options: { status: { unsynchronized: true } },
    warnings: /^✕ NOT SYNCHRONISED[^]*NTP clients are to ignore/,
    verdict: /^✕ Not synchronised$/,
  },
  "a leap second near": {
    options: { clock: { time: "2028-12-31T23:59:00Z", leap: "insert@2028-12-31" } },
    warnings: /LEAP SECOND[^]*at the end of 2028-12-31:\s+23:59:60/,
    verdict: /^▲ /,
  },
  "upstream servers that do not answer": {
    options: { upstreams: ["ntp://127.0.0.1:9?minpoll=1", "ntp://127.0.0.1:13?minpoll=1"] },
    // After 15 s they are lost, too.
    warnings:
      /^(?:✕ ALL UPSTREAM SERVERS LOST\s+No upstream server answers\.\s+)?✕ NOT SYNCHRONISED/,
    verdict: /^✕ Not synchronised$/,
  },
};

for (const [name, { options, listeners = [], warnings, verdict, text }] of Object.entries(states)) {
  Deno.test(
    await where(browserNeeds, `the status page shows ${name}, on every screen`, async () => {
      const urls = ["127.0.0.1:0", "time://127.0.0.1:0", ...listeners];
      await using server = await serve(urls, { http, ...options });
      await withBrowser(async (browser) => {
        for (const screen of screens) {
          const page = await open(browser, server, screen);
          await page.shows("verdict", verdict);
          await page.shows("warnings", warnings);
          if (text) await page.shows(...text);
          await page.shows("hms", /^\d\d:\d\d:\d\d$/);
          await page.assertSound(`${screen.viewport.width}, ${screen.colorScheme}`);
          await page.page.context().close();
        }
      });
    }),
  );
}

Deno.test(
  await where(
    browserNeeds,
    "the status page counts requests, and shows clients and news",
    async () => {
      await using server = await serve("127.0.0.1:0", { http, clock: { offset: "90s" } });
      await withBrowser(async (browser) => {
        const page = await open(browser, server);
        await page.shows("news", /Started/);
        // What comes from the server is asked for once; the time, as often as its clock needs.
        const asked = page.paths.filter((path) => path !== "/time").toSorted();
        assertEquals(asked, [...new Set(asked)]);
        assert(asked.includes("/history") && asked.includes("/events"), asked.join());
        const { port } = new URL(server.url);
        for (let i = 0; i < 3; i++) await query(`ntp://127.0.0.1:${port}`);
        await page.shows("clients", /127\.0\.0\.1\s+NTP 4\s+\S+ \w+\s+3\s+/);
        server.clock.reset();
        server.clock.set({ rate: 2 });
        await page.shows("warnings", /rate 2/);
        await page.page.locator("#local").click();
        assertEquals(await page.page.locator("#local").getAttribute("aria-pressed"), "true");
        for (const span of ["4 h", "48 h", "10 min"]) {
          const arrived = page.page.waitForResponse(/\/history\?span=/);
          await page.page.getByRole("button", { name: span }).click();
          assertEquals((await arrived).status(), 200, span);
        }
        const drawn = await page.page.locator("canvas").count();
        assertEquals(drawn, 2);
        await page.assertSound("after clicks");
        assert(page.octets > 0 && page.octets < 120_000, `${page.octets} octets`);
      });
    },
  ),
);

Deno.test(
  await where(
    browserNeeds,
    "the status page counts key exchanges of NTS as they come",
    async () => {
      await using server = await serve("ntp://127.0.0.1:0", {
        ...{ http, ntsSelfSigned: "/dev/null", ntsPort: 0 },
      });
      await withBrowser(async (browser) => {
        const page = await open(browser, server);
        await page.shows("nts", /^0 clients got keys\s+none failed/);
        const { hostname, port } = new URL(`tcp://${server.nts?.addresses[0]}`);
        using stranger = await Deno.connect({ hostname, port: Number(port) });
        await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
        await page.shows("nts", /^0 clients got keys\s+▲ 1 TLS failed\s+✓/);
      });
    },
  ),
);

Deno.test(
  await where(browserNeeds, "the status page needs no storage in the browser", async () => {
    await using server = await serve("ntp://127.0.0.1:0", { http });
    await withBrowser(async (browser) => {
      const context = await browser.newContext();
      // As where the user blocks the data of sites.
      await context.addInitScript(`Object.defineProperty(window, "localStorage", {
        get() { throw new DOMException("denied", "SecurityError"); },
      });`);
      const page = new Watched(await context.newPage(), server.http?.url ?? "");
      await page.page.goto(`${server.http?.url}/`);
      await page.shows("hms", /^\d\d:\d\d:\d\d$/);
      await page.page.click("#local");
      assertEquals(await page.page.getAttribute("#local", "aria-pressed"), "true");
      assertEquals(page.messages, []);
    });
  }),
);

Deno.test(
  await where(browserNeeds, "the status page tells the servers of a pool apart", async () => {
    const upstreams = ["ntp://127.0.0.1:9?pool=2&minpoll=1"];
    await using server = await serve("ntp://127.0.0.1:0", { http, upstreams });
    await withBrowser(async (browser) => {
      const page = await open(browser, server);
      await page.shows("upstreams", /^127\.0\.0\.1:9\s[^#]*\n127\.0\.0\.1:9#2\s/m);
      await page.shows("offset-keys", /^127\.0\.0\.1:9\s+127\.0\.0\.1:9#2$/);
    });
  }),
);

Deno.test(
  await where(browserNeeds, "the status page says when an upstream server is lost", async () => {
    await using near = await serve("ntp://127.0.0.1:0", { status: { local: 1 } });
    const far = await serve("ntp://127.0.0.1:0", { status: { local: 1 } });
    await using server = await serve("ntp://127.0.0.1:0", {
      http,
      upstreams: [near.url, far.url].map((url) => `${url}?minpoll=0&maxpoll=0`),
    });
    await until(() => server.upstreams.every(({ offset }) => offset !== undefined), 20);
    await withBrowser(async (browser) => {
      const page = await open(browser, server);
      await page.shows("upstreams", /✓ (selected|combined)/);
      await far.shutdown();
      await page.shows("warnings", /UPSTREAM SERVER LOST[^]*1 of 2 is left/);
      await page.assertSound("one lost");
      for (const screen of screens.slice(1)) {
        const other = await open(browser, server, screen);
        await other.shows("upstreams", /✕ SILENT/);
        await other.assertSound(`one lost, ${screen.viewport.width}, ${screen.colorScheme}`);
        await other.page.context().close();
      }
    });
  }),
);

Deno.test(
  await where(
    browserNeeds,
    "the status page says that its server is gone, and goes on when it is back",
    async () => {
      const first = await serve("ntp://127.0.0.1:0", { http });
      const { host } = new URL(first.http?.url ?? "");
      await withBrowser(async (browser) => {
        const page = await open(browser, first);
        await first.shutdown();
        await page.shows("warnings", /NO CONNECTION TO THE SERVER[^]*out of date/);
        assertMatch(await page.text("live"), /lost/);
        page.messages.length = 0;
        await using _second = await serve("ntp://127.0.0.1:0", { http: host });
        await page.shows("live", /live/);
        await page.shows("warnings", /^$/);
        // Only the attempts that failed were reported.
        assertEquals(page.messages.filter((text) => !text.includes("ERR_CONNECTION_REFUSED")), []);
      });
    },
  ),
);

Deno.test(
  await where(browserNeeds, "the status page asks for the token, and keeps a session", async () => {
    const httpToken = "0123456789abcdef";
    await using server = await serve("ntp://127.0.0.1:0", { http, httpToken });
    const url = server.http?.url ?? "";
    await withBrowser(async (browser) => {
      const page = await browser.newPage();
      await page.goto(`${url}/`);
      await page.getByLabel("token").fill("wrong");
      await page.getByRole("button").click();
      await page.getByText("not the token").waitFor();
      await page.getByLabel("token").fill(httpToken);
      await page.getByRole("button").click();
      await page.getByText("Listeners").waitFor();
      await page.reload();
      await page.getByText("● live").waitFor();
      const cookies = await page.context().cookies();
      assertEquals(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite]), [[
        true,
        "Strict",
      ]]);
    });
  }),
);
