/** The signals that end a program which otherwise runs for ever. */

const names: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * Aborts at the first request to stop; a second one finds the system's default and kills.
 *
 * SIGHUP stops as well if standard error is a terminal, which is then gone. Without one it means
 * nothing: a server outlives the session that started it. It never kills, for a shell that is closed
 * and the kernel may send one each.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    for (const name of names) Deno.removeSignalListener(name, stop);
    controller.abort();
  };
  for (const name of names) Deno.addSignalListener(name, stop);
  if (Deno.build.os !== "windows") {
    const onTerminal = Deno.stderr.isTerminal();
    Deno.addSignalListener("SIGHUP", () => {
      if (onTerminal) stop();
    });
  }
  return controller.signal;
}
