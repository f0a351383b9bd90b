/** Server logs that are kept as text. */
import { ServerLog, type ServerLogOptions } from "../../src/server/log/log.ts";

export const endpoint = { protocol: "asctime", hostname: "127.0.0.1", port: 8888 } as const;
export const source = { transport: "udp", hostname: "::1", port: 51402 } as const;

interface CollectingLog extends ServerLog {
  /** Everything that was written so far. */
  text(): string;
  /** Its lines. */
  lines(): string[];
}

/**
 * Makes a log that is kept as text.
 *
 * @param most The most octets that its sink takes at once
 */
export function collectingLog(
  options: Omit<ServerLogOptions, "sink"> = {},
  most = Infinity,
): CollectingLog {
  let text = "";
  const decoder = new TextDecoder();
  const sink = {
    write(data: Uint8Array): Promise<number> {
      const taken = Math.min(data.length, most);
      text += decoder.decode(data.subarray(0, taken), { stream: true });
      return Promise.resolve(taken);
    },
  };
  return Object.assign(new ServerLog({ ...options, sink }), {
    text: () => text,
    lines: () => text === "" ? [] : text.trimEnd().split("\n"),
  });
}

/** Logs, by a sink that takes less than it is given, and returns the lines written. */
export async function logged(
  options: Omit<ServerLogOptions, "sink">,
  write: (log: ServerLog) => void,
): Promise<string[]> {
  const log = collectingLog(options, 100);
  write(log);
  await log.flush();
  return log.lines();
}

export const fields = (line: string | undefined): Record<string, unknown> =>
  JSON.parse(line ?? "null");
