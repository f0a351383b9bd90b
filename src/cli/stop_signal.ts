/** Aborts at the first request to stop; a second one finds the system's default and kills. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const names: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  const stop = (): void => {
    for (const name of names) Deno.removeSignalListener(name, stop);
    controller.abort();
  };
  for (const name of names) Deno.addSignalListener(name, stop);
  return controller.signal;
}
