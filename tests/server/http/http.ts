/** Requests to a control interface, for tests. */
import type { Server } from "../../../mod.ts";

/** What it said. */
export interface Said {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- whatever the test looks for
  readonly body: any;
}

/** Asks; what is given as a body goes as JSON. */
export async function ask(
  server: Pick<Server, "control">,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Said> {
  const response = await fetch(`${server.control?.url}${path}`, {
    method,
    headers: { ...method === "GET" ? {} : { "content-type": "application/json" }, ...headers },
    ...body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) },
  });
  return { status: response.status, body: await response.json() };
}
