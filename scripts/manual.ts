// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
/** Writes the manual pages, man/timesrv.1 and man/timecli.1. */
import { definition as timecli } from "../src/cli/timecli/timecli.ts";
import { definition as timesrv } from "../server.ts";
import { defineWhole } from "../src/cli/shared/program.ts";
import { manualPage } from "./manual/page.ts";

const folder = new URL("../man/", import.meta.url);

/** The pages by their file names; each keeps its date unless it has changed, and has today's then. */
export async function manualPages(today: string): Promise<Record<string, string>> {
  const pages: Record<string, string> = {};
  for (const definition of [timesrv, timecli]) {
    const name = `${definition.program.name()}.1`;
    await defineWhole(definition);
    const before = await Deno.readTextFile(new URL(name, folder)).catch(() => "");
    const [date = today] = /(?<=^\.TH \S+ 1 )\S+/m.exec(before) ?? [];
    const same = manualPage(definition, date);
    pages[name] = same === before ? same : manualPage(definition, today);
  }
  return pages;
}

if (import.meta.main) {
  await Deno.mkdir(folder, { recursive: true });
  const today = Temporal.Now.plainDateISO("UTC").toString();
  for (const [name, page] of Object.entries(await manualPages(today))) {
    await Deno.writeTextFile(new URL(name, folder), page);
    console.log(`man/${name}`);
  }
}
