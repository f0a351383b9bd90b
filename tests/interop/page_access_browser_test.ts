/** What pages of other sites, and other names of this machine, see in Chromium. */
import { assertEquals } from "@std/assert";
import { serve } from "../../mod.ts";
import { browserNeeds, openBrowser } from "../support/browser.ts";
import { where } from "../support/needs.ts";

const http = "127.0.0.1:0";

Deno.test(
  await where(
    browserNeeds,
    "pages of others, and names of others, see the time and nothing else",
    async () => {
      await using server = await serve("ntp://127.0.0.1:0", { http, control: "127.0.0.1:0" });
      await using other = await serve("ntp://127.0.0.1:0", { http });
      const url = server.http?.url ?? "";
      const { port } = new URL(url);
      const browser = await openBrowser("--host-resolver-rules=MAP evil.test 127.0.0.1");
      try {
        const page = await browser.newPage();
        // By DNS rebinding, the name of another site leads to this server.
        for (const path of ["/", "/state", "/clients", "/history", "/events", "/metrics"]) {
          const response = await page.goto(`http://evil.test:${port}${path}`);
          assertEquals(response?.status(), 421, path);
        }
        await page.goto(`${other.http?.url.replace("127.0.0.1", "localhost")}/time`);
        const results = await page.evaluate(async ([url, control]) => {
          const attempt = async (target: string, init?: RequestInit): Promise<string> => {
            try {
              const response = await fetch(target, init);
              return `${response.status}`;
            } catch {
              return "refused";
            }
          };
          return [
            await attempt(`${url}/time`),
            await attempt(`${url}/state`),
            await attempt(`${url}/metrics`),
            await attempt(`${url}/session`, { method: "POST", body: "token=x" }),
            await attempt(`${control}/clock`, { method: "PATCH", body: '{"offset":"1h"}' }),
            await attempt(`${control}/reset`, { method: "POST", mode: "no-cors" }),
          ];
        }, [url, server.control?.url ?? ""]);
        // A no-cors response is opaque, whatever it is.
        assertEquals(results, ["200", "refused", "refused", "refused", "refused", "0"]);
        assertEquals(
          server.clock.now().since(Temporal.Now.instant()).abs().total("seconds") < 60,
          true,
        );
      } finally {
        await browser.close();
      }
    },
  ),
);
