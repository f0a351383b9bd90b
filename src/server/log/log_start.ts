/** What the log says once a server is complete. */
import type { ServedTime } from "../../clock/served_time.ts";
import type { ControlledListener } from "../http/call.ts";
import type { ServeOptions } from "../serve_options.ts";
import type { TransportChoice } from "../transport.ts";

/** Logs the clock, every listener, the transport if one was chosen, and the control interface. */
export function logStart(
  { log, transport, workers = 1, faults: common }: ServeOptions,
  { time, listeners, choice, control }: {
    readonly time: ServedTime;
    readonly listeners: readonly ControlledListener[];
    readonly choice: TransportChoice;
    readonly control: { readonly url: string } | undefined;
  },
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
  if (control !== undefined) log.control(control.url);
}
