import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../../mod.ts";
import { Exporter, type ExporterOptions } from "../../../src/client/export/exporter.ts";
import { parseExport } from "../../../src/http/address.ts";
import { parseNetworks } from "../../../src/text/ip_words.ts";
import { FakeNetwork } from "../../support/fake_network.ts";
import { where } from "../../support/needs.ts";
import type { HttpRequest, HttpResponse } from "../../../src/http/message.ts";

const START = "2026-01-01T00:00:00Z";

type Headers = Readonly<Record<string, string>>;

interface Exported {
  readonly network: FakeNetwork;
  readonly exporter: Exporter;
  readonly stop: AbortController;
  readonly ask: (path: string, headers?: Headers, method?: string) => Promise<HttpResponse>;
  /** The same, while time passes. */
  readonly get: (
    path: string,
    headers?: Headers,
    method?: string,
  ) => Promise<HttpResponse & { readonly text: string }>;
}

function begin(urls: readonly string[], options: Partial<ExporterOptions> = {}): Exported {
  const network = new FakeNetwork(START);
  const stop = new AbortController();
  const exporter = new Exporter(urls, {
    ...{ network, interval: "16s", signal: stop.signal },
    ...options,
  });
  const ask: Exported["ask"] = (path, headers = {}, method = "GET") =>
    exporter.answer(
      {
        method,
        url: new URL(path, "http://localhost"),
        headers: new globalThis.Headers({ host: "127.0.0.1:8891", ...headers }),
        isLocal: true,
        peer: "127.0.0.1",
      } satisfies Omit<HttpRequest, "body"> as unknown as HttpRequest,
    );
  const get: Exported["get"] = async (path, headers, method) => {
    const response = await network.run(ask(path, headers, method));
    return { ...response, text: String(response.body) };
  };
  return { network, exporter, ask, get, stop };
}

/** The pages that `/metrics` must be, but for the version of the programs. */
const golden = new URL("./golden/", import.meta.url);

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "/metrics has every metric of servers that reply, fall silent and differ, in both formats",
    async () => {
      const urls = ["a", "b", "c", "d", "e"].map((name) => `ntp://${name}.example:123`);
      const { network, exporter, get } = begin([...urls, "time://t.example:37"], { count: 4 });
      for (const [i, name] of ["a", "b", "c", "d", "e", "t"].entries()) {
        network.hosts[`${name}.example`] = [`192.0.2.${i + 1}`];
      }
      const fields = {
        referenceTimestamp: 0xed00_0000n << 32n,
        ...{ rootDelay: 0.25, rootDispersion: 0.125, precision: -20 },
      };
      network.serveNtp("192.0.2.1", () => fields);
      network.serveNtp("192.0.2.2", () => ({ ...fields, leap: 1, stratum: 3 }), () => [2, 2]);
      network.serveNtp("192.0.2.3", () => fields).aheadSeconds = 5;
      network.serveNtp("192.0.2.4", (count) => count === 1 ? fields : undefined);
      await network.run(exporter.watch());
      for (
        const [accept, file] of [
          ["text/plain", "metrics.txt"],
          ["application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "openmetrics.txt"],
        ] as const
      ) {
        const { status, headers, text } = await get("/metrics", { accept });
        const page = text.replace(
          /^(timecli_build_info)\{.*/m,
          '$1{version="0.0.0",deno="0.0.0"} 1',
        );
        assertEquals(
          [status, headers["content-type"]],
          [
            200,
            file === "metrics.txt"
              ? "text/plain; version=0.0.4; charset=utf-8"
              : "application/openmetrics-text; version=1.0.0; charset=utf-8",
          ],
        );
        assertEquals(page, await Deno.readTextFile(new URL(file, golden)), file);
      }
    },
  ),
);

Deno.test("scrapes send nothing, however many there are, and wait for nothing", async () => {
  const { network, exporter, ask, stop } = begin(["ntp://192.0.2.1:123"]);
  const server = network.serveNtp("192.0.2.1");
  const watching = exporter.watch();
  const before = await ask("/metrics");
  assertMatch(String(before.body), /^timecli_up\{server="ntp:\/\/192\.0\.2\.1:123"\} 0$/m);
  assert(!/offset|NaN/.test(String(before.body)));
  await network.timers.advance(10);
  for (let i = 0; i < 1000; i++) await ask("/metrics");
  assertEquals(server.requests.length, 1);
  await network.timers.advance(160_000);
  assertEquals(server.requests.length, 11);
  stop.abort();
  await network.run(watching);
});

Deno.test("a probe takes half a second less than the scrape may, or the time of the URL", async () => {
  const { network, get } = begin([]);
  network.serveNtp("192.0.2.1", () => undefined);
  const table: [header: string | undefined, query: string, seconds: number][] = [
    [undefined, "", 9.5],
    ["3", "", 2.5],
    ["10", "", 9.5],
    ["60", "", 9.5],
    ["0.4", "", 0.2],
    ["nonsense", "", 9.5],
    ["-1", "", 9.5],
    ["3", "&timeout=1s", 1],
    [undefined, "&timeout=250ms", 0.25],
  ];
  for (const [header, query, seconds] of table) {
    const startMs = network.timers.monotonicMs();
    const { status, text } = await get(`/probe?target=192.0.2.1${query}`, {
      ...header !== undefined && { "x-prometheus-scrape-timeout-seconds": header },
    });
    const elapsed = (network.timers.monotonicMs() - startMs) / 1000;
    assertEquals([status, elapsed], [200, seconds], `${header} ${query}`);
    assertMatch(text, /^probe_success 0$/m);
    assertMatch(text, /^probe_failure_info\{reason="timeout"\} 1$/m);
    await network.timers.advance(1000);
  }
});

Deno.test("a probe has the metrics of one server, and no counters", async () => {
  const { network, get } = begin([]);
  network.hosts["time.example"] = ["192.0.2.1"];
  network.serveNtp("192.0.2.1").aheadSeconds = 1.5;
  const { text } = await get("/probe?target=time.example&samples=2");
  for (
    const line of [
      "probe_success 1",
      "probe_duration_seconds 1.002",
      'timecli_up{server="ntp://time.example:123"} 1',
      'timecli_offset_seconds{server="ntp://time.example:123"} 1.5',
    ]
  ) assert(text.split("\n").includes(line), `${line}\n${text}`);
  assert(!/_total|build_info|probe_failure/.test(text));
});

Deno.test("a wrong request is answered with what was meant", async () => {
  const { get } = begin(["ntp://192.0.2.1:123"], { targets: parseNetworks("192.0.2.0/24") });
  const table: [path: string, status: number, text: RegExp, headers?: Record<string, string>][] = [
    ["/metric", 404, /^There is no \/metric: did you mean \/metrics\?$/],
    ["/metrics?x=1", 400, /^Unknown parameter "x": \/metrics has none$/],
    ["/probe", 400, /^\/probe needs a target: /],
    ["/probe?target=", 400, /^\/probe needs a target: /],
    ["/probe?tagret=a", 400, /^Unknown parameter "tagret", did you mean target\?$/],
    [
      "/probe?target=http://192.0.2.1",
      400,
      /^Cannot read "http:\/\/192\.0\.2\.1": unknown protocol/,
    ],
    ["/probe?target=192.0.2.1:0", 400, /port 0/],
    ["/probe?target=ntp://192.0.2.1?key=7", 400, /without keys and NTS/],
    ["/probe?target=ntp%2Bnts://192.0.2.1", 400, /without keys and NTS/],
    ["/probe?target=192.0.2.1&samples=0", 400, /^samples is "0", expected a whole number, 1 to 8$/],
    ["/probe?target=192.0.2.1&samples=9", 400, /1 to 8$/],
    ["/probe?target=192.0.2.1&timeout=1", 200, /probe_success 0/],
    [
      "/probe?target=192.0.2.1&timeout=10s",
      400,
      /^timeout is "10s", expected a duration from 10ms to 9\.5s/,
    ],
    ["/probe?target=192.0.2.1&target=192.0.2.2", 400, /^The parameter target is given twice$/],
    ["/probe?target=10.0.0.1", 403, /^10\.0\.0\.1 is in none of the networks .*: see --targets$/],
    // No network that --targets could name has these.
    ["/probe?target=224.0.1.1", 403, /^224\.0\.1\.1 is not the address of one server$/],
    ["/probe?target=0.0.0.0", 403, /^0\.0\.0\.0 is not the address of one server$/],
    ["/metrics", 421, /^"evil\.example" is no name of this server/, { host: "evil.example:8891" }],
    ["/probe?target=192.0.2.1", 421, /no name/, { host: "evil.example:8891" }],
    ["/metrics", 403, /^Pages of other sites/, { origin: "http://evil.example" }],
    ["/probe?target=192.0.2.1", 403, /^Pages/, { "sec-fetch-site": "cross-site" }],
  ];
  for (const [path, status, text, headers] of table) {
    const response = await get(path, headers);
    assertEquals(response.status, status, `${path}: ${response.text}`);
    assertMatch(response.text.trimEnd(), text, path);
  }
  // A link to the page of an exporter, in a dashboard, may be followed.
  const visit = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
  };
  assertEquals([(await get("/", visit)).status, (await get("/metrics", visit)).status], [200, 403]);
  const { status, headers } = await get("/metrics", {}, "POST");
  assertEquals([status, headers.allow], [405, "GET, HEAD"]);
});

Deno.test("a name that --http-name gives may be asked for", async () => {
  const { get } = begin([], { names: ["exporter.example"] });
  assertEquals((await get("/healthz", { host: "exporter.example" })).text, "ok\n");
});

Deno.test("the page has the address by which it was asked for, and no markup of others", async () => {
  const { get } = begin(["ntp://time.example:123", "ntp://time.example:123?key=7"]);
  const { text, headers } = await get("/", { host: "192.0.2.7:8891" });
  assertEquals(headers["content-type"], "text/html; charset=utf-8");
  assertMatch(String(headers["content-security-policy"]), /^default-src 'none'/);
  assert(text.includes('- targets: ["192.0.2.7:8891"]'));
  assert(text.includes('href="/probe?target=ntp%3A%2F%2Ftime.example%3A123"'));
  // Without its key it would not be measured as it is watched.
  assert(text.includes("<li>ntp://time.example:123?key=7</li>"), text);
  const forged = await get("/", { host: '127.0.0.1"<script>' });
  assert(!forged.text.includes("<script"), forged.text);
});

Deno.test("over a real network, a server is watched and probed", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { clock: { offset: "1h" } });
  const exporter = new Exporter([server.url], { interval: "1s", count: 1 });
  await exporter.watch();
  await exporter.start(parseExport("127.0.0.1:0"));
  try {
    for (const path of ["/metrics", `/probe?target=${encodeURIComponent(server.url)}`]) {
      const response = await fetch(exporter.url + path);
      const text = await response.text();
      const offset = Number(/^timecli_offset_seconds\{.*\} (.*)$/m.exec(text)?.[1]);
      assertEquals(Math.round(offset), 3600, path);
    }
    const head = await fetch(`${exporter.url}/metrics`, { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
  } finally {
    await exporter.shutdown();
  }
});
