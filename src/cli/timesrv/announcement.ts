/** The line that reports the listeners to the program that started the server. */
import type { Server } from "../../server/serve_options.ts";
import { BoundedWriter, type Sink } from "../../server/log/bounded_writer.ts";

/**
 * Reports to a program that reads standard output where the server listens; people have the log.
 *
 * A slow or missing reader does not delay the server.
 */
export function announce(
  { addresses, control }: Pick<Server, "addresses" | "control">,
  output: Sink & { isTerminal(): boolean } = Deno.stdout,
): void {
  if (output.isTerminal()) return;
  const listeners = addresses.map(({ url, protocol, hostname, port }) => ({
    url,
    protocol,
    hostname,
    port,
  }));
  const line = { event: "ready", listeners, ...(control && { control: control.url }) };
  new BoundedWriter(output).write(`${JSON.stringify(line)}\n`);
}
