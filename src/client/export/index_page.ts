/** The page of an exporter: what is there, and what Prometheus needs to scrape it. */

import { parseTarget } from "../../protocols/endpoint.ts";

/**
 * Formats the page.
 *
 * @param urls The servers that are watched
 * @param host Host and port in the URL of the page
 */
export function formatIndex(urls: readonly string[], host: string): string {
  const links = urls.map((url) => {
    const { key, nts } = parseTarget(url, "ntp");
    const text = escapeHtml(url);
    // /probe queries none that needs them.
    if (key !== undefined || nts) return `<li>${text}</li>`;
    return `<li><a href="/probe?target=${escapeHtml(encodeURIComponent(url))}">${text}</a></li>`;
  });
  const watched = urls.length === 0
    ? "<p>No server is kept watched: name some on the command line.</p>"
    : `<p>Kept watched; a link measures the server once more:</p>
<ul>
${links.join("\n")}
</ul>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>timecli export</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
pre { overflow: auto; padding: 1rem; border: 1px solid; border-radius: .3rem; line-height: 1.35 }
input { font: inherit; width: 18rem; max-width: 100% }
button { font: inherit }
</style>
<h1>timecli export</h1>
<p>Time servers as this machine sees them, for Prometheus.</p>
<ul>
<li><a href="/metrics">/metrics</a>: the servers of the command line</li>
<li>/probe?target=ntp://HOST: one measurement of any time server</li>
<li><a href="/healthz">/healthz</a>: 200 while it runs</li>
</ul>
${watched}
<form action="/probe"><label>Measure <input name="target" placeholder="ntp://time.example" required></label>
<button>Measure</button></form>
<h2>Scrape the servers of the command line</h2>
<pre tabindex="0">scrape_configs:
  - job_name: timecli
    static_configs:
      - targets: ["${escapeHtml(host)}"]</pre>
<h2>Scrape any server</h2>
<pre tabindex="0">scrape_configs:
  - job_name: timecli_probe
    metrics_path: /probe
    scrape_interval: 1m
    static_configs:
      - targets: ["ntp://time.example", "ntp://192.0.2.1"]
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - source_labels: [__param_target]
        target_label: instance
      - target_label: __address__
        replacement: "${escapeHtml(host)}"</pre>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
