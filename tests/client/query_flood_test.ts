import { assertEquals } from "@std/assert";
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { where } from "../support/needs.ts";
import { within } from "../support/wait.ts";
import { Flood } from "../support/flood.ts";

const floods = [
  { protocol: "ntp", from: "server", good: "nothing", verdict: "bogus_reply" },
  { protocol: "ntp", from: "another port", good: "nothing", verdict: "timeout" },
  { protocol: "asctime", from: "another port", good: "nothing", verdict: "timeout" },
  { protocol: "asctime", from: "server", good: "nothing", verdict: "not_a_time" },
  { protocol: "ntp", from: "server", good: "ntp", verdict: "ok" },
  { protocol: "ntp", from: "another port", good: "ntp", verdict: "ok" },
  { protocol: "asctime", from: "another port", good: "asctime", verdict: "ok" },
] as const;

for (const { protocol, from, good, verdict } of floods) {
  const hidden = good === "nothing" ? "" : " with something good in it";
  // A thread's module is read at run time.
  const needs = { permissions: [{ name: "read" }] } as const;
  Deno.test(
    await where(
      needs,
      `query of ${protocol} ends with ${verdict} in a flood from ${from}${hidden}`,
      async () => {
        using flood = await Flood.start({ from, good });
        const timeout = good === "nothing" ? "500ms" : "30s";
        const reply = query(`${protocol}://127.0.0.1:${flood.port}`, { timeout, retries: 0 });
        const result = await within(60, reply.catch((error) => error));
        assertEquals(result instanceof QueryError ? result.reason : "ok", verdict, String(result));
      },
    ),
  );
}
