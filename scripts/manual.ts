// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
/** Writes the references: the manual pages in man/, docs/timesrv.md, docs/timecli.md and docs/metrics.md. */
import { timecli } from "../src/cli/timecli/timecli.ts";
import { timesrv } from "../src/cli/timesrv/timesrv.ts";
import { probeMetrics, watchedMetrics } from "../src/client/export/metrics.ts";
import type { Metric } from "../src/text/exposition.ts";
import { serverMetrics } from "../src/server/http/web/metrics/metrics.ts";
import { markdownPage } from "./manual/markdown.ts";
import { programPage } from "./manual/page.ts";
import { roffPage } from "./manual/roff.ts";

const root = new URL("../", import.meta.url);

/**
 * Writes the references; returns their texts by their paths from the project's folder. A manual page keeps
 * its date unless it has changed, and has today's then.
 */
export async function writeReferences(today: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const texts = await readSections("texts.txt");
  const sessions = await readSections("sessions.md");
  for (const program of [timesrv, timecli]) {
    const page = await programPage(program, texts);
    const manual = `man/${page.name}.1`;
    const before = await Deno.readTextFile(new URL(manual, root)).catch(() => "");
    const [date = today] = /(?<=^\.TH \S+ 1 )\S+/m.exec(before) ?? [];
    const same = roffPage(page, date);
    files[manual] = same === before ? same : roffPage(page, today);
    files[`docs/${page.name}.md`] = await formatMarkdown(
      markdownPage(page, page.name === "timecli" ? sessions : {}),
    );
  }
  const metrics = await Deno.readTextFile(new URL("manual/metrics.md", import.meta.url));
  const [server = "", client = ""] = metrics.split("<!-- server -->");
  files["docs/metrics.md"] = await formatMarkdown(
    `${server}\n${metricsTable(serverMetrics)}\n${client}\n` +
      metricsTable([...watchedMetrics, ...probeMetrics]),
  );
  return files;
}

function metricsTable(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ name, type, labels = [], help }) =>
    `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`
  );
  return ["| name | type | labels | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** The sections of a file beside the scripts, by their headings. */
async function readSections(file: string): Promise<Record<string, string>> {
  const page = await Deno.readTextFile(new URL(`manual/${file}`, import.meta.url));
  const sections = page.split(/^## /m).slice(1);
  return Object.fromEntries(sections.map((section) => {
    const end = section.indexOf("\n");
    return [section.slice(0, end), section.slice(end).trim()];
  }));
}

/** Markdown as `deno fmt` has it. */
async function formatMarkdown(markdown: string): Promise<string> {
  const args = ["fmt", "--quiet", "--ext=md", "--line-width=100", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

if (import.meta.main) {
  const today = Temporal.Now.plainDateISO("UTC").toString();
  for (const [path, text] of Object.entries(await writeReferences(today))) {
    await Deno.writeTextFile(new URL(path, root), text);
    console.log(path);
  }
}
