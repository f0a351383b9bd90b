/** The signals that stop a program which otherwise runs forever. */
import { ignoresSignal, SIGHUP } from "../../system/libc.ts";
import { systemTimers } from "../../system/time.ts";

const names: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * A terminal sends Ctrl-C to npx, its launcher, the task runner and the program; one of them forwards it. All
 * that arrive within this time are one request.
 */
const SAME_REQUEST_MS = 300;

/** Within this time a server finishes its replies and logs its totals: a second request must not prevent that. */
const SERVER_STOP_MS = 1000;

/**
 * Returns a signal that aborts at the first request to stop; a second request, at least 300 ms later, kills by
 * the default of the system. For a server that is a second later.
 *
 * SIGHUP also stops, unless nohup(1) has it ignored, but never kills, because a closing shell and the
 * kernel may send one each. A server outlives the session that started it: it ignores SIGHUP unless
 * standard error is a terminal, which is then gone.
 */
export function stopSignal({ outlivesSession = false } = {}): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    const ms = outlivesSession ? SERVER_STOP_MS : SAME_REQUEST_MS;
    systemTimers.timeout(ms).addEventListener("abort", () => {
      for (const name of names) Deno.removeSignalListener(name, stop);
    });
  };
  for (const name of names) Deno.addSignalListener(name, stop);
  if (Deno.build.os !== "windows") {
    const isIgnored = outlivesSession ? !Deno.stderr.isTerminal() : ignoresSignal(SIGHUP);
    Deno.addSignalListener("SIGHUP", isIgnored ? () => {} : stop);
  }
  return controller.signal;
}
