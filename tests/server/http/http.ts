/** Requests to a control interface, for tests. */
import type { Server } from "../../../mod.ts";

/** A response. */
export interface ControlResponse {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- whatever the test looks for
  readonly body: any;
}

/** Sends a request; a body that is not a text is sent as JSON. */
export async function ask(
  server: Pick<Server, "control">,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<ControlResponse> {
  const response = await fetch(`${server.control?.url}${path}`, {
    method,
    headers: { ...method === "GET" ? {} : { "content-type": "application/json" }, ...headers },
    ...body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) },
  });
  return { status: response.status, body: await response.json() };
}

/** The control interface by a connection of its own: what no client would send. */
export async function raw(server: Server, text: string): Promise<string> {
  const { hostname, port } = new URL(server.control?.url ?? "");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(4096);
  const length = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length));
}

/** All that a refused request must leave as it was. */
export async function settings(server: Server): Promise<unknown> {
  const { body } = await ask(server, "GET", "/state");
  const still = (
    { now: _now, system: _system, status: _status, ...rest }: Record<string, unknown>,
  ): unknown => rest;
  return [
    still(body.clock),
    body.listeners.map(({ clock, ...rest }: Record<string, Record<string, unknown>>) => [
      rest,
      clock && still(clock),
    ]),
  ];
}
