/** The library in a project beside it, as README has it: in every entry, with the types of that project's settings. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

const needs = {
  permissions: [{ name: "run" }, { name: "read" }, { name: "write" }],
} as const;

const PROGRAM = `
import { query, serve } from "@timesrv/timesrv";
import { explain, recordExchange } from "@timesrv/timesrv/explain";
import { load } from "@timesrv/timesrv/load";
import { compare } from "@timesrv/timesrv/measure";
import { parseEndpoint } from "@timesrv/timesrv/protocols";
import { scenarios } from "@timesrv/timesrv/testing";

await using server = await serve("ntp://127.0.0.1:0", { clock: { time: "2038-01-19T03:14:00Z" } });
const { url } = server;
const { time } = await query(url);
const { outcome } = await compare([url], { count: 1 });
const { failure } = explain(await recordExchange(url));
const { protocol } = parseEndpoint(url);
console.log(time.toString().slice(0, 16), outcome, failure, protocol, typeof load, Object.keys(scenarios).length > 0);
`;

Deno.test(
  await where(needs, "a project beside the library has its entries and their types", async () => {
    const folder = await Deno.makeTempDir({ prefix: "timesrv links " });
    try {
      const settings = { links: [root], unstable: ["net"] };
      await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(settings));
      await Deno.writeTextFile(join(folder, "program.ts"), PROGRAM);
      // Without the stricter settings of this repository.
      const command = [Deno.execPath(), "run", "--quiet", "--check", "--allow-net", "--allow-read"];
      const { code, stdout, stderr } = await run(
        [...command as [string, ...string[]], "program.ts"],
        { cwd: folder, limitSeconds: 120, env: { NO_COLOR: "1" } },
      );
      assertEquals([code, stderr, stdout], [
        0,
        "",
        "2038-01-19T03:14 alone undefined ntp function true\n",
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);
