/** Lines of a server log that is kept in memory. */
import type { Sink } from "../../src/server/log/bounded_writer.ts";
import { ServerLog, type ServerLogOptions } from "../../src/server/log/log.ts";

export const endpoint = { protocol: "asctime", hostname: "127.0.0.1", port: 8888 } as const;
export const source = { transport: "udp", hostname: "::1", port: 51402 } as const;

/** Logs into memory and gives the lines written. */
export async function logged(
  options: Omit<ServerLogOptions, "sink">,
  write: (log: ServerLog) => void,
): Promise<string[]> {
  let text = "";
  const decoder = new TextDecoder();
  const sink: Sink = {
    write(data): Promise<number> {
      // A sink may write less than it is given.
      const taken = Math.min(data.length, 100);
      text += decoder.decode(data.subarray(0, taken), { stream: true });
      return Promise.resolve(taken);
    },
  };
  const log = new ServerLog({ ...options, sink });
  write(log);
  await log.flush();
  return text === "" ? [] : text.trimEnd().split("\n");
}

export const fields = (line: string | undefined): Record<string, unknown> =>
  JSON.parse(line ?? "null");
