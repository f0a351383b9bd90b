/** The lines of the log once a server is complete. */
import { isLoopback } from "../../system/address.ts";
import type { ControlledServer } from "../http/call.ts";
import type { ServeOptions, Server } from "../serve_options.ts";
import type { TransportChoice } from "../transport.ts";

/** Logs the clock, every listener, the transport if one was chosen, and the interfaces over HTTP. */
export function logStart(
  { log, transport, workers = 1, faults: common, httpToken, httpParts = ["page"] }: ServeOptions,
  choice: TransportChoice,
  { time, listeners }: Pick<ControlledServer, "time" | "listeners">,
  { control, http, nts }: Pick<Server, "control" | "http" | "nts">,
): void {
  if (log === undefined) return;
  log.clock(time.options);
  for (const { time: own, faults, ...address } of listeners) {
    log.listening(address);
    if (own !== time) log.clock(own.options, address.url);
    if (faults !== undefined && (faults.names.length > 0 || common !== undefined)) {
      log.faults(faults, address.url);
    }
  }
  if (transport !== undefined) log.transport(choice, workers);
  for (const address of nts?.addresses ?? []) log.opened("nts", `tcp ${address}`);
  if (control !== undefined) log.opened("control", control.url);
  if (http === undefined) return;
  log.opened("http", http.url, httpParts.includes("page"));
  if (httpToken !== undefined || isLoopback(hostOf(http.url))) return;
  if (httpParts.includes("page")) {
    log.warning(
      "Others may see the status of this server, and its clients by their networks: see --http-token",
    );
  } else if (httpParts.includes("metrics")) {
    log.warning("Others may see the metrics of this server: see --http-token");
  }
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}
