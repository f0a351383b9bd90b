/** Writes `src/page/timesync.min.js`, which web pages load, from its source. */
import { exitCodeOf } from "./bench/options.ts";
import { bundle } from "./compile/bundle.ts";

export const MODULE = "src/page/timesync.min.js";

/** @throws {CompileError} If Deno cannot bundle it */
export async function makeModule(): Promise<string> {
  const text = await bundle("src/page/timesync.js", "--minify", "--platform=browser");
  return `// MIT licence, of timesrv, whose src/page/timesync.js can be read\n${text}`;
}

async function writeModule(): Promise<number> {
  await Deno.writeTextFile(MODULE, await makeModule());
  return 0;
}

if (import.meta.main) Deno.exit(await exitCodeOf(writeModule, "page"));
