import { assertEquals } from "@std/assert";
import type { ServerLog } from "../../../src/server/log/log.ts";
import { logStart } from "../../../src/server/log/log_start.ts";
import type { ServeOptions } from "../../../src/server/serve_options.ts";

/** What is logged about an HTTP interface without warnings, and these. */
function warningsOf(url: string, options: ServeOptions): string[] {
  const warnings: string[] = [];
  const ignore = (): void => {};
  const warning = (text: string): unknown => warnings.push(text);
  const log = { clock: ignore, opened: ignore, warning };
  const server = { time: { options: {} }, listeners: [] };
  logStart(
    { ...options, log: log as unknown as ServerLog },
    undefined as never,
    server as never,
    { control: undefined, http: { url } } as never,
  );
  return warnings;
}

const status =
  "Others may see the status of this server, and its clients by their networks: see --http-token";
const metrics = "Others may see the metrics of this server: see --http-token";

Deno.test("logStart warns of what other machines may see without a token", () => {
  const table: readonly (readonly [url: string, options: ServeOptions, expected: string[]])[] = [
    ["http://127.0.0.1:8880", {}, []],
    ["http://[::1]:8880", {}, []],
    ["http://0.0.0.0:8880", {}, [status]],
    ["http://[::]:8880", {}, [status]],
    ["http://192.0.2.1:8880", {}, [status]],
    ["http://192.0.2.1:8880", { httpToken: "0123456789abcdef" }, []],
    ["http://192.0.2.1:8880", { httpParts: ["time", "page"] }, [status]],
    ["http://192.0.2.1:8880", { httpParts: ["time", "metrics"] }, [metrics]],
    ["http://192.0.2.1:8880", { httpParts: ["time", "health"] }, []],
  ];
  for (const [url, options, expected] of table) {
    assertEquals(warningsOf(url, options), expected, `${url} ${JSON.stringify(options)}`);
  }
});
