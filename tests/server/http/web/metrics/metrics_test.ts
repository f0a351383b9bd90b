import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve, type Server } from "../../../../../mod.ts";
import type { NtsReport } from "../../../../../src/server/nts/setup.ts";
import { serverMetrics } from "../../../../../src/server/http/web/metrics/metrics.ts";
import { formatMetrics } from "../../../../../src/text/exposition.ts";
import { until } from "../../../../support/wait.ts";
import { get } from "../get.ts";
import { queryOnce } from "../../../../support/query_once.ts";

const http = "127.0.0.1:0";

/** The samples of the metrics whose lines begin so. */
async function samples(server: Server, start: string): Promise<string[]> {
  const { text } = await get(server, "/metrics");
  return text.split("\n").filter((line) => line.startsWith(start));
}

Deno.test("metrics count what was answered and refused, in both formats with the same series", async () => {
  await using server = await serve(["ntp://127.0.0.1:0", "asctime://127.0.0.1:0?offset=%2B1h"], {
    http,
  });
  const [ntp = "", text = ""] = server.addresses.map(({ url }) => url);
  for (let i = 0; i < 3; i++) await queryOnce(ntp);
  await queryOnce(text);
  const { text: plain, headers } = await get(server, "/metrics");
  assertEquals(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const lines = new Set(plain.split("\n"));
  for (
    const line of [
      `timesrv_replies_total{listener="${ntp}",protocol="ntp"} 3`,
      `timesrv_replies_total{listener="${text}",protocol="asctime"} 1`,
      `timesrv_refusals_total{listener="${ntp}",cause="rate_limited"} 0`,
      'timesrv_clock_simulated{clock="server"} 0',
      `timesrv_clock_simulated{clock="${text}"} 1`,
      `timesrv_clock_offset_seconds{clock="${text}"} 3600`,
      'timesrv_clock_leap{clock="server",state="none"} 1',
      "timesrv_answering 1",
    ]
  ) assert(lines.has(line), `${line} is not in\n${plain}`);
  const accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3";
  const open = await get(server, "/metrics", { accept });
  assertMatch(open.headers.get("content-type") ?? "", /^application\/openmetrics-text/);
  assertEquals(open.text.endsWith("# EOF\n"), true);
  const names = (page: string): string[] =>
    page.split("\n").filter((line) => !line.startsWith("#")).map((line) =>
      line.split(" ")[0] ?? ""
    );
  assertEquals(names(open.text), names(plain));
  const families = new Set(names(plain).map((name) => name.split("{")[0]));
  const missing = serverMetrics.map(({ name }) => name).filter((name) => !families.has(name));
  assertEquals(missing.filter((name) => !/^timesrv_(upstream|nts)_/.test(name)), []);
});

Deno.test("metrics tell the two protocols of one listener apart, on every transport", async () => {
  for (const transport of ["datagram", "auto"] as const) {
    await using server = await serve("127.0.0.1:0", { http, transport });
    const { port } = new URL(server.url);
    for (const scheme of ["ntp", "ntp", "asctime", "asctime", "asctime"]) {
      await queryOnce(`${scheme}://127.0.0.1:${port}`);
    }
    // A reply can arrive before the thread that sent it has counted it.
    await until(() => server.totals.answered === 5);
    const { text } = await get(server, "/metrics");
    const replies = text.split("\n").filter((line) => line.startsWith("timesrv_replies_total"));
    assertEquals(replies, [
      `timesrv_replies_total{listener="${server.url}",protocol="ntp"} 2`,
      `timesrv_replies_total{listener="${server.url}",protocol="asctime"} 3`,
    ], server.transport);
    assertEquals([server.totals.answered, server.totals.texts], [5, 3]);
  }
});

Deno.test("metrics of upstream servers leave out what is not known", () => {
  const report = {
    url: "ntp://pool.example",
    address: undefined,
    state: "silent",
    poll: 6,
    reach: 0,
    requests: 7,
    replies: 0,
  };
  const known = { offset: -0.25, distance: 0.5, delay: 0.125, jitter: 0.0625, stratum: 2 };
  const server = {
    following: {
      list: () => [report, {
        ...report,
        ...known,
        state: "selected",
        reach: 0b1011,
        lastReply: 9,
        replies: 4,
      }],
    },
  };
  const metrics = serverMetrics.filter(({ name }) => name.startsWith("timesrv_upstream_"));
  const lines = formatMetrics(
    metrics.map((metric) => [metric, metric.samples(server as never, {} as never)] as const),
    "text",
  ).split("\n").filter((line) => line.startsWith("timesrv_") && !line.includes("_state{"));
  const labels = (member: number): string => `{upstream="ntp://pool.example",member="${member}"}`;
  assertEquals(lines, [
    `timesrv_upstream_up${labels(1)} 0`,
    `timesrv_upstream_up${labels(2)} 1`,
    `timesrv_upstream_offset_seconds${labels(2)} -0.25`,
    `timesrv_upstream_root_distance_seconds${labels(2)} 0.5`,
    `timesrv_upstream_delay_seconds${labels(2)} 0.125`,
    `timesrv_upstream_jitter_seconds${labels(2)} 0.0625`,
    `timesrv_upstream_stratum${labels(2)} 2`,
    `timesrv_upstream_reach_ratio${labels(1)} 0`,
    `timesrv_upstream_reach_ratio${labels(2)} 0.375`,
    `timesrv_upstream_reply_age_seconds${labels(2)} 9`,
    `timesrv_upstream_requests_total${labels(1)} 7`,
    `timesrv_upstream_requests_total${labels(2)} 7`,
    `timesrv_upstream_replies_total${labels(1)} 0`,
    `timesrv_upstream_replies_total${labels(2)} 4`,
  ]);
});

Deno.test("metrics of NTS have the key exchanges by outcome, and times in seconds", () => {
  const report: NtsReport = {
    addresses: ["192.0.2.1:4460"],
    connections: 3,
    keyExchanges: {
      answered: 12,
      nothing_in_common: 1,
      bad_request: 2,
      failed: 4,
      timed_out: 5,
      denied: 6,
      rate_limited: 7,
      overload: 8,
    },
    newestKey: Temporal.Instant.from("2026-11-29T00:00:00.5Z"),
    certificateEnd: Temporal.Instant.from("2027-01-01T00:00:00Z"),
  };
  const lines = (nts: unknown): string[] =>
    formatMetrics(
      serverMetrics.filter(({ name }) => name.startsWith("timesrv_nts_"))
        .map((metric) => [metric, metric.samples({ nts } as never, {} as never)] as const),
      "text",
    ).split("\n").filter((line) => line.startsWith("timesrv_"));
  const exchanges = Object.entries(report.keyExchanges).map(([outcome, count]) =>
    `timesrv_nts_key_exchanges_total{outcome="${outcome}"} ${count}`
  );
  assertEquals(lines({ report }), [
    ...exchanges,
    "timesrv_nts_connections 3",
    "timesrv_nts_certificate_expiry_timestamp_seconds 1798761600",
    "timesrv_nts_newest_key_timestamp_seconds 1795910400.5",
  ]);
  assertEquals(lines(undefined), []);
});

Deno.test("metrics count the changes of each clock, by what caused them", async () => {
  await using server = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?offset=%2B1h"], {
    http,
    status: { local: 3 },
  });
  server.clock.set({ offset: "+1h" });
  server.clock.step("PT1S");
  server.clock.step("-PT1S");
  server.clock.reset();
  const own = server.addresses[1]?.url;
  assertEquals(await samples(server, "timesrv_clock_changes_total"), [
    'timesrv_clock_changes_total{clock="server",kind="set"} 1',
    'timesrv_clock_changes_total{clock="server",kind="step"} 2',
    'timesrv_clock_changes_total{clock="server",kind="leap"} 0',
    'timesrv_clock_changes_total{clock="server",kind="reset"} 1',
    ...["set", "step", "leap", "reset"].map((kind) =>
      `timesrv_clock_changes_total{clock="${own}",kind="${kind}"} 0`
    ),
  ]);
});

Deno.test("metrics name the source of the status of a clock", async () => {
  // The kernel of this machine may be synchronised or not.
  const table = [
    [{ source: "kernel" }, undefined, "kernel"],
    [{ source: "fixed", stratum: 1, referenceId: "GPS" }, "GPS", "given"],
    [{ unsynchronized: true }, "", "given"],
  ] as const;
  for (const [status, id, source] of table) {
    await using server = await serve("ntp://127.0.0.1:0", { http, status });
    const reply = await queryOnce(server.url);
    assert(reply.protocol === "ntp");
    assertEquals(reply.referenceId, id ?? reply.referenceId);
    const labels = `clock="server",reference_id="${reply.referenceId}",source="${source}"`;
    const expected = `timesrv_clock_info{${labels}} 1`;
    assertEquals(await samples(server, "timesrv_clock_info"), [expected]);
  }
});

Deno.test("metrics state no root distance of a clock that is not synchronised", async () => {
  const status = { unsynchronized: true };
  await using server = await serve("ntp://127.0.0.1:0", { http, status });
  assertEquals(await samples(server, "timesrv_clock_root"), []);
  assertEquals(await samples(server, "timesrv_clock_stratum"), [
    'timesrv_clock_stratum{clock="server"} 0',
  ]);
});

Deno.test("metrics count the HTTP requests by path and class of the status code", async () => {
  for (const options of [{ http }, { http, control: http }]) {
    await using server = await serve("ntp://127.0.0.1:0", options);
    const paths = ["/time", "/time", "/time?zone=Nowhere", "/secret/123", "/secret/124"];
    const page = ["/favicon.svg", "/page.js", "/api/timezone/Etc/UTC", "/api/timezone/Nowhere"];
    for (const path of [...paths, ...page, "/metrics"]) await get(server, path);
    const seen = await samples(server, "timesrv_http_requests_total");
    const counted = seen.filter((line) => !line.endsWith(" 0"));
    assertEquals(counted, [
      'timesrv_http_requests_total{path="/time",code="2xx"} 2',
      'timesrv_http_requests_total{path="/time",code="4xx"} 1',
      'timesrv_http_requests_total{path="/api/timezone/",code="2xx"} 1',
      'timesrv_http_requests_total{path="/api/timezone/",code="4xx"} 1',
      'timesrv_http_requests_total{path="/metrics",code="2xx"} 1',
      'timesrv_http_requests_total{path="assets",code="2xx"} 2',
      'timesrv_http_requests_total{path="other",code="4xx"} 2',
    ]);
    // The series are those of the start, whatever clients ask for.
    assertEquals(seen.filter((line) => line.includes("secret")), []);
    const [open = "", ...others] = await samples(server, "timesrv_http_connections");
    assertMatch(open, /^timesrv_http_connections\{kind="http"\} [1-9]$/);
    assertEquals(others, [
      'timesrv_http_connections{kind="events"} 0',
      'timesrv_http_connections{kind="websocket"} 0',
    ]);
  }
});

Deno.test("metrics count the clients, with each transport", async () => {
  for (const transport of ["datagram", "auto"] as const) {
    await using server = await serve("ntp://127.0.0.1:0", { http, transport });
    assertEquals(await samples(server, "timesrv_recent_clients"), ["timesrv_recent_clients 0"]);
    await queryOnce(server.url);
    await queryOnce(server.url);
    assertEquals(await samples(server, "timesrv_recent_clients"), ["timesrv_recent_clients 1"]);
  }
});

Deno.test("metrics have the CPU time and the start of the process", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http });
  const value = async (name: string): Promise<number> =>
    Number((await samples(server, name))[0]?.split(" ")[1]);
  const [started, cpu] = [
    await value("process_start_time_seconds"),
    await value("process_cpu_seconds_total"),
  ];
  const now = Date.now() / 1000;
  assert(started <= now && started > now - 3600, `${started}`);
  assert(cpu > 0, `${cpu}`);
  assert(await value("process_cpu_seconds_total") >= cpu);
});

Deno.test("long metrics are compressed for those that accept it; HEAD has their length alone", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http });
  const raw = async (method: string, accept: string): Promise<[Headers, Uint8Array]> => {
    const { port } = new URL(server.http?.url ?? "");
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const head = `${method} /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n`;
    await conn.write(new TextEncoder().encode(`${head}accept-encoding: ${accept}\r\n\r\n`));
    const octets = await new Response(conn.readable).bytes();
    const end = new TextDecoder("latin1").decode(octets).indexOf("\r\n\r\n");
    const lines = new TextDecoder().decode(octets.subarray(0, end)).split("\r\n").slice(1);
    const headers = lines.map((line) => line.split(": ") as [string, string]);
    return [new Headers(headers), octets.slice(end + 4)];
  };
  for (const accept of ["gzip", "br;q=1.0, GZIP;q=0.5", "*"]) {
    const [headers, body] = await raw("GET", accept);
    assertEquals(headers.get("content-encoding"), "gzip", accept);
    assertEquals(headers.get("vary"), "accept, accept-encoding");
    assertEquals(headers.get("content-length"), String(body.length));
    const text = await new Response(
      new Blob([body as Uint8Array<ArrayBuffer>]).stream()
        .pipeThrough(new DecompressionStream("gzip")),
    ).text();
    assertMatch(text, /^# HELP timesrv_build_info /);
    assert(text.endsWith("\n") && text.length > 4 * body.length, `${text.length}`);
  }
  for (const accept of ["", "identity", "gzip;q=0", "br, *;q=0"]) {
    const [headers, body] = await raw("GET", accept);
    assertEquals(headers.get("content-encoding"), null, accept);
    assertMatch(new TextDecoder().decode(body), /^# HELP timesrv_build_info /);
  }
  const [headers, body] = await raw("HEAD", "gzip");
  assertEquals([headers.get("content-encoding"), body.length], ["gzip", 0]);
  assert(Number(headers.get("content-length")) > 100, `${headers.get("content-length")}`);
});
