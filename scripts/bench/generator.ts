/** The load generator, in a process of its own for each measurement. */
import type { LoadResult } from "../../src/load/figures.ts";
import type { LoadOptions } from "../../src/load/options.ts";
import type { InSeconds } from "../../src/text/duration.ts";
import { runScript } from "./commands.ts";
import type { FixedRequest, RunningServer } from "./contenders.ts";
import type { Context } from "./section.ts";

/** Warm-up before each measurement, to compile the generator's code: after 0.05 s, 0.3 s still had a fifth less. */
const WARMUP = "200ms";

/** A load, without the parts that are the same for all. */
export type Load =
  & Required<Pick<InSeconds<LoadOptions>, "duration" | "flows">>
  & Pick<LoadOptions, "window" | "rate" | "segmented">;

/**
 * Puts a server under load.
 *
 * @throws {Error} If nothing can be measured; losses are figures, not failures
 */
export function measureLoad(
  { contender, port, pid, request }: RunningServer,
  load: Load,
  { loadCore, signal }: Pick<Context, "loadCore" | "signal">,
): Promise<LoadResult> {
  const scheme = contender.protocol === "text" ? "asctime" : contender.protocol;
  return runLoad(
    `${scheme}://127.0.0.1:${port}`,
    { ...load, duration: `${load.duration}s`, warmup: WARMUP, pid },
    { action: `measure ${contender.name}`, core: loadCore, signal, request },
  );
}

/** Runs `load()` in a process of its own. */
export function runLoad(
  url: string,
  options: Omit<LoadOptions, "signal" | "onProgress">,
  { action, core, signal, request }: {
    readonly action: string;
    readonly core?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly request?: FixedRequest | undefined;
  },
): Promise<LoadResult> {
  const args = [options, ...(request === undefined ? [] : [request])].map((arg) =>
    JSON.stringify(arg)
  );
  return runScript(action, ["load.ts", url, ...args], { core, signal });
}
