import { assert, assertEquals } from "@std/assert";
import { probeMetrics, watchedMetrics } from "../../src/client/export/metrics.ts";
import { serverMetrics } from "../../src/server/http/web/metrics/metrics.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

const folder = `${root}docs/monitoring`;
const needs = { permissions: [{ name: "read" }] } as const;

/** The labels of the metrics that a file may name. */
const known = new Map<string, readonly string[]>([
  ...[...serverMetrics, ...watchedMetrics, ...probeMetrics].map(({ name, labels = [] }) =>
    [name, labels] as const
  ),
]);

/** Each metric that a text names, with the labels of its selector and of aggregations. */
function* metricsIn(text: string): Generator<[name: string, labels: string[]]> {
  for (
    const [, name = "", selector = ""] of text.matchAll(
      /\b((?:timesrv|timecli|probe)_\w+)(?:\{([^}]*)\})?/g,
    )
  ) {
    yield [name, [...selector.matchAll(/(\w+)\s*[=!]~?/g)].map(([, label = ""]) => label)];
  }
}

Deno.test(
  await where(
    needs,
    "the examples for Prometheus and Grafana name metrics and labels that exist",
    async () => {
      const dashboard = JSON.parse(await Deno.readTextFile(`${folder}/grafana.json`));
      const panels: { title: string; targets: { expr: string; legendFormat: string }[] }[] =
        dashboard.panels;
      assert(panels.length >= 14, `${panels.length} panels`);
      const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
      const alerts = await Deno.readTextFile(`${folder}/alerts.yml`);
      const tested = await Deno.readTextFile(`${folder}/alerts_test.yml`);
      const unknown: string[] = [];
      for (
        const text of [...queries, alerts.replaceAll(/^.*(?:job_name|name:).*$/gm, ""), tested]
      ) {
        for (const [name, labels] of metricsIn(text)) {
          const own = known.get(name);
          const strange = labels.filter((label) =>
            !["job", "instance", ...own ?? []].includes(label)
          );
          if (own === undefined || strange.length > 0) unknown.push(`${name}{${strange}}`);
        }
      }
      assertEquals(unknown, []);
      // A legend can show only what its query has.
      for (const { title, targets } of panels) {
        for (const { expr, legendFormat } of targets) {
          const named = [...expr.matchAll(/\b(?:timesrv|timecli)_\w+/g)].map(([name]) => name);
          const labels = named.flatMap((name) => known.get(name) ?? []);
          for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
            assert(["instance", ...labels].includes(label), `${title}: ${legendFormat}`);
          }
        }
      }
    },
  ),
);

Deno.test(
  await where(needs, "each alert is tested", async () => {
    const [alerts, tested] = await Promise.all(
      ["alerts.yml", "alerts_test.yml"].map((name) => Deno.readTextFile(`${folder}/${name}`)),
    );
    const names = [...alerts?.matchAll(/- alert: (\w+)/g) ?? []].map(([, name]) => name);
    const fired = [
      ...tested?.matchAll(/alertname: (\w+)\n\s+eval_time: \S+\n\s+exp_alerts:\n/g) ?? [],
    ]
      .map(([, name]) => name);
    assertEquals(new Set(fired), new Set(names));
  }),
);
