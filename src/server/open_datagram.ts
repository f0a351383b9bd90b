/** A listener of the datagram transport: its socket, with the handler of its datagrams. */
import type { Endpoint } from "../protocols/endpoint.ts";
import { Counters } from "../transports/counters.ts";
import { type DatagramListener, listenDatagram } from "../transports/datagram.ts";
import { Guard, type GuardPlan } from "./guard/guard.ts";
import { createHandler, type HandlerOptions } from "./handler.ts";
import type { Recorder } from "./record/recorder.ts";

const DEFAULT_MAX_TASKS = 16_384;

export interface DatagramOptions
  extends Omit<HandlerOptions, "guard" | "onFaults" | "isStamped" | "stamps"> {
  readonly guard: GuardPlan;
  readonly recorder: Recorder | undefined;
  /** The maximum number of replies under way. */
  readonly maxTasks: number | undefined;
}

/** Binds an address; throws a `ListenError` if that cannot be. */
export function openDatagram(
  endpoint: Endpoint,
  { guard, recorder, maxTasks = DEFAULT_MAX_TASKS, ...options }: DatagramOptions,
): { readonly listener: DatagramListener; readonly counters: Counters } {
  const { hostname, port } = endpoint;
  // The handler reports the real port, known once it is bound.
  const bound = { ...endpoint };
  const counters = new Counters();
  const recorded = recorder?.listen(bound);
  const handler = createHandler(bound, {
    ...options,
    // Not the simulated clock: rates are those of real time.
    guard: new Guard(guard, endpoint, () => performance.now()),
    onFaults: recorded?.onFaults,
  });
  const listener = listenDatagram({
    hostname,
    port,
    handler: recorded?.wrap(handler) ?? handler,
    counters,
    maxTasks,
  });
  bound.port = listener.port;
  return { listener, counters };
}
