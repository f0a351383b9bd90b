import type { Server } from "../../../../mod.ts";

/** Sends a request to the HTTP interface of a server. */
export async function get(
  server: Server,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`${server.http?.url}${path}`, { headers, method });
  return { status: response.status, text: await response.text(), headers: response.headers };
}
