import { assert } from "@std/assert";
import { where } from "../support/needs.ts";
import { measureGrowth } from "../support/memory.ts";
import { Flood } from "../support/flood.ts";

/** Far more than a query needs, and far less than a flood that is kept. */
const MAX_OCTETS = 64 * 2 ** 20;

for (
  const { protocol, from } of [
    { protocol: "ntp", from: "server" },
    { protocol: "ntp", from: "another port" },
    { protocol: "asctime", from: "another port" },
  ] as const
) {
  const needs = { permissions: [{ name: "run" }, { name: "read" }] } as const;
  Deno.test(
    await where(needs, `query of ${protocol} keeps nothing of a flood from ${from}`, async () => {
      using flood = await Flood.start({ from, good: "nothing" });
      const url = `${protocol}://127.0.0.1:${flood.port}`;
      const growth = await measureGrowth(`
        import { query } from "./src/client/query.ts";
        await query("${url}", { timeout: "2s", retries: 0 }).catch(() => {});`);
      const sent = await flood.stop();
      assert(sent > 10_000 && growth < MAX_OCTETS, `${growth} octets after ${sent} datagrams`);
    }),
  );
}
