/** Prometheus and its tools read the metrics of a server. */
import { assert, assertEquals } from "@std/assert";
import { query, serve, type Server } from "../../mod.ts";
import { where } from "../support/needs.ts";
import { harmlessly, program } from "../support/peers.ts";
import { run, Running } from "../support/process.ts";
import { root } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

const needs = {
  files: [program.prometheus, program.promtool],
  commands: ["setpriv"],
  permissions: [{ name: "write" }, { name: "env" }],
  root: true,
} as const;

Deno.test(
  await where(
    needs,
    "promtool accepts the metrics, and the examples of the documentation",
    async () => {
      await using server = await serve(["127.0.0.1:0", "ntp://127.0.0.1:0?offset=%2B1h"], {
        http: "127.0.0.1:0",
        transport: "auto",
      });
      const metrics = await (await fetch(`${server.http?.url}/metrics`)).text();
      const checked = await run([program.promtool, "check", "metrics"], { input: metrics });
      assertEquals([checked.code, checked.stdout, checked.stderr], [0, "", ""]);
      const cwd = `${root}docs/monitoring`;
      for (
        const [command, expected] of [
          [["check", "config", "prometheus.yml"], "prometheus.yml is valid"],
          [["check", "rules", "alerts.yml"], "SUCCESS: 18 rules found"],
          [["test", "rules", "alerts_test.yml"], "SUCCESS"],
        ] as const
      ) {
        const { code, stdout, stderr } = await run([program.promtool, ...command], { cwd });
        assert(code === 0 && stdout.includes(expected), `${stdout}${stderr}`);
      }
    },
  ),
);

/** Serves the text format, which this Prometheus would not ask for. */
function serveText(url: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    const { body, headers } = await fetch(`${url}/metrics`, { headers: { accept: "text/plain" } });
    return new Response(body, { headers: { "content-type": headers.get("content-type") ?? "" } });
  });
}

/** Asks Prometheus. */
async function ask<T>(api: string, path: string, query: Record<string, string>): Promise<T> {
  const response = await fetch(`${api}/api/v1/${path}?${new URLSearchParams(query)}`);
  return (await response.json()).data;
}

interface Vector {
  readonly result: readonly {
    readonly metric: Record<string, string>;
    readonly value: [number, string];
  }[];
}

async function evaluate(api: string, query: string): Promise<Record<string, number>> {
  const { result } = await ask<Vector>(api, "query", { query });
  return Object.fromEntries(
    result.map(({ metric, value }) => [metric.job ?? "", Number(value[1])]),
  );
}

async function startPrometheus(
  folder: string,
  targets: Record<string, string>,
): Promise<{ readonly prometheus: Running; readonly api: string }> {
  const jobs = Object.entries(targets).map(([job, target]) =>
    `  - { job_name: ${job}, static_configs: [{ targets: ["${new URL(target).host}"] }] }`
  );
  const config = `global: { scrape_interval: 1s }\nscrape_configs:\n${jobs.join("\n")}\n`;
  await Deno.writeTextFile(`${folder}/prometheus.yml`, config);
  const prometheus = new Running(harmlessly([
    program.prometheus,
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    "--web.listen-address=127.0.0.1:0",
  ]));
  const [, address] = await prometheus.waitFor(/msg="Listening on" address=(\S+)/);
  await prometheus.waitFor(/Server is ready to receive web requests/);
  return { prometheus, api: `http://${address}` };
}

Deno.test(
  await where(
    needs,
    "Prometheus scrapes both formats: the same series, with types and units",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        await using server: Server = await serve(["ntp://127.0.0.1:0", "asctime://127.0.0.1:0"], {
          http: "127.0.0.1:0",
          clock: { offset: "-90s" },
        });
        const url = server.http?.url ?? "";
        await using text = serveText(url);
        const { prometheus, api } = await startPrometheus(folder, {
          openmetrics: url,
          text: `http://127.0.0.1:${text.addr.port}`,
        });
        await using _prometheus = prometheus;
        const ntp = server.addresses[0]?.url ?? "";
        for (let i = 0; i < 3; i++) await query(ntp);
        const replies = `sum by (job) (timesrv_replies_total{listener="${ntp}",protocol="ntp"})`;
        await poll(
          30,
          () => evaluate(api, replies),
          ({ openmetrics, text }) => openmetrics === 3 && text === 3,
        );
        const each = { openmetrics: 1, text: 1 };
        assertEquals(await evaluate(api, "up"), each);
        assertEquals(await evaluate(api, "sum by (job) (timesrv_clock_simulated)"), each);
        assertEquals(await evaluate(api, "sum by (job) (timesrv_clock_offset_seconds)"), {
          openmetrics: -90,
          text: -90,
        });
        // Served time is what was simulated, by whatever it is watched.
        const apart = await evaluate(api, "sum by (job) (timesrv_served_time_seconds) - time()");
        for (const job of ["openmetrics", "text"]) {
          const seconds = apart[job] ?? NaN;
          assert(seconds > -120 && seconds < -88, `${job}: ${seconds}`);
        }
        const series = `count by (job) ({__name__=~"timesrv_.*|process_.*"})`;
        const { openmetrics, text: inText } = await evaluate(api, series);
        assertEquals(openmetrics, inText);
        assert((openmetrics ?? 0) > 80, `${openmetrics} series`);
        // What is kept of a metric, by its name in each format.
        const metadata = async (metric: string): Promise<string[][]> => {
          const found = await ask<{ type: string; unit: string }[]>(api, "targets/metadata", {
            metric,
          });
          return (found ?? []).map(({ type, unit }) => [type, unit]);
        };
        assertEquals(await metadata("timesrv_replies"), [["counter", ""]]);
        assertEquals(await metadata("timesrv_replies_total"), [["counter", ""]]);
        assertEquals(await metadata("timesrv_build"), [["info", ""]]);
        const delays = await metadata("timesrv_clock_root_delay_seconds");
        assertEquals(delays.sort(), [["gauge", ""], ["gauge", "seconds"]]);
        assertEquals(await metadata("process_cpu_seconds"), [["counter", "seconds"]]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
