import { ServerLog, type ServerLogOptions } from "../../src/server/log/log.ts";

/** A server's log that is kept as text. */
export interface CollectingLog extends ServerLog {
  /** Everything that was written so far. */
  text(): string;
  /** Its lines. */
  lines(): string[];
}

/** Makes one. */
export function collectingLog(options: Omit<ServerLogOptions, "sink"> = {}): CollectingLog {
  let text = "";
  const sink = {
    write(data: Uint8Array): Promise<number> {
      text += new TextDecoder().decode(data);
      return Promise.resolve(data.length);
    },
  };
  return Object.assign(new ServerLog({ ...options, sink }), {
    text: () => text,
    lines: () => text.split("\n").filter((line) => line !== ""),
  });
}
