/** Prometheus and node_exporter read what `timecli export` measures. */
import { assert, assertEquals } from "@std/assert";
import { serve } from "../../mod.ts";
import { where } from "../support/needs.ts";
import { harmlessly, program } from "../support/peers.ts";
import { run, Running } from "../support/process.ts";
import { root, source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

const needs = {
  permissions: [...source.needs.permissions ?? [], { name: "write" }],
  commands: ["setpriv"],
  root: true,
} as const;

/** Starts `timecli export`: the program, and the address of its metrics. */
async function startExport(urls: readonly string[]): Promise<[Running, address: string]> {
  const running = new Running(
    [...source.timecli, "export", "--listen", "127.0.0.1:0", "--interval", "1s", ...urls],
    { stdout: "piped" },
  );
  const [, address = ""] = await running.waitFor(/http:\/\/(127\.0\.0\.1:\d+)/, {
    stream: "stdout",
  });
  return [running, address];
}

Deno.test(
  await where(
    { ...needs, files: [program.prometheus] },
    "Prometheus scrapes timecli export and its probes by the configuration of the documentation",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        await using right = await serve("ntp://127.0.0.1:0");
        await using ahead = await serve("ntp://127.0.0.1:0", { clock: { offset: "+5s" } });
        const [exporter, address] = await startExport([right.url, ahead.url]);
        await using _exporter = exporter;
        const example = await Deno.readTextFile(`${root}docs/monitoring/prometheus.yml`);
        const config = example.replaceAll("127.0.0.1:8891", address)
          .replaceAll("scrape_interval: 1m", "scrape_interval: 2s")
          .replaceAll("scrape_interval: 15s", "scrape_interval: 2s")
          .replace('"ntp://time.example", "ntp://192.0.2.1"', `"${ahead.url}", "ntp://127.0.0.1:1"`)
          .replace("- alerts.yml", `- ${root}docs/monitoring/alerts.yml`);
        await Deno.writeTextFile(`${folder}/prometheus.yml`, config);
        await using prometheus = new Running(harmlessly([
          program.prometheus,
          `--config.file=${folder}/prometheus.yml`,
          `--storage.tsdb.path=${folder}/data`,
          "--web.listen-address=127.0.0.1:0",
        ]));
        const [, web] = await prometheus.waitFor(/msg="Listening on" address=(\S+)/);
        await prometheus.waitFor(/Server is ready to receive web requests/);
        const evaluate = async (query: string): Promise<Record<string, number>> => {
          const parameters = new URLSearchParams({ query });
          const response = await fetch(`http://${web}/api/v1/query?${parameters}`);
          const { data: { result } } = await response.json();
          return Object.fromEntries(
            result.map(({ metric, value }: {
              metric: Record<string, string>;
              value: [number, string];
            }) => [metric.server ?? metric.instance, Number(value[1])]),
          );
        };
        const probes = await poll(
          40,
          () => evaluate("probe_success"),
          (result) => Object.keys(result).length === 2,
        );
        assertEquals(probes, { [ahead.url]: 1, "ntp://127.0.0.1:1": 0 });
        await poll(
          30,
          () => evaluate('timecli_up{job="timecli"}'),
          (result) => result[right.url] === 1 && result[ahead.url] === 1,
        );
        for (const job of ["timecli", "timecli_probe"]) {
          const found = await evaluate(`timecli_offset_seconds{job="${job}"}`);
          const offset = found[ahead.url] ?? NaN;
          assert(Math.abs(offset - 5) < 0.5, `${job}: ${offset}`);
        }
        assertEquals(await evaluate('up{job=~"timecli.*"} == 0'), {});
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(
    { ...needs, files: [program.nodeExporter, program.promtool] },
    "node_exporter collects the file of timecli export --once -o",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        await using server = await serve("ntp://127.0.0.1:0");
        const file = `${folder}/timecli.prom`;
        const [deno, command, ...flags] = source.timecli;
        const { code, stderr } = await run([
          ...[deno, command ?? "", `--allow-write=${folder}`, `--allow-read=${folder}`, ...flags],
          ...["export", "--once", "-o", file, server.url],
        ] as [string, ...string[]]);
        assertEquals(code, 0, stderr);
        const input = await Deno.readTextFile(file);
        const checked = await run([program.promtool, "check", "metrics"], { input });
        assertEquals([checked.code, checked.stdout, checked.stderr], [0, "", ""]);
        await using exporter = new Running(harmlessly([
          program.nodeExporter,
          "--collector.disable-defaults",
          "--collector.textfile",
          `--collector.textfile.directory=${folder}`,
          "--web.listen-address=127.0.0.1:0",
        ]));
        const [, address] = await exporter.waitFor(/msg="Listening on" address=(\S+)/);
        const metrics = await (await fetch(`http://${address}/metrics`)).text();
        const lines = metrics.split("\n");
        assert(lines.includes("node_textfile_scrape_error 0"), metrics);
        assert(lines.includes(`timecli_up{server="${server.url}"} 1`), metrics);
        assert(
          lines.some((line) => line.startsWith(`node_textfile_mtime_seconds{file="${file}"}`)),
        );
        // The alerts name them.
        assert(lines.some((line) => line.startsWith("timecli_error_bound_seconds{")), metrics);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
