/** The line by which a program that has started a server learns where it is. */
import type { Server } from "../../server/serve_options.ts";
import { BoundedWriter, type Sink } from "../../server/log/bounded_writer.ts";

/**
 * Tells a program that reads standard output where a server that answers listens; people have the log.
 *
 * A reader that is slow or gone holds up nothing.
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
