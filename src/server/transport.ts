import type { Clock } from "../clock/clock.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";
import { systemClock } from "../clock/system_clock.ts";
import type { Responder } from "../protocols/responder.ts";
import { unsupportedSystem } from "../system/libc.ts";
import { whyNoWorker } from "./workers/worker_url.ts";

/** How a server's datagrams are moved. */
export const transports = ["auto", "datagram", "mmsg"] as const;

/** One of {@linkcode transports}. */
export type Transport = (typeof transports)[number];

/** What the choice depends on. */
export interface TransportWish {
  readonly transport?: Transport;
  readonly clock?: Clock | ClockOptions;
  readonly responder?: Responder;
  readonly hasFaults?: boolean;
  /** Where it may be changed while it runs. */
  readonly control?: string | undefined;
}

/** What was chosen. */
export interface TransportChoice {
  readonly transport: Exclude<Transport, "auto">;
  /** Why it is not the faster one, where that was wanted. */
  readonly reason?: string;
}

/**
 * Chooses a transport.
 *
 * @throws {Deno.errors.NotSupported} If `mmsg` was asked for and cannot be
 */
export function chooseTransport(wish: TransportWish): TransportChoice {
  const { transport = "datagram" } = wish;
  if (transport === "datagram") return { transport };
  const reason = whyNotMmsg(wish);
  if (reason === undefined && (transport === "mmsg" || wish.control === undefined)) {
    return { transport: "mmsg" };
  }
  // Whoever controls a server may want faults: only asked for by name, mmsg does without them.
  if (transport === "auto") {
    return { transport: "datagram", reason: reason ?? "faults may be set while it runs" };
  }
  throw new Deno.errors.NotSupported(`Cannot use the mmsg transport: ${reason}`);
}

function whyNotMmsg({ clock = {}, responder, hasFaults }: TransportWish): string | undefined {
  const system = unsupportedSystem();
  if (system !== undefined) return `this is ${system}, not Linux on x86_64 or aarch64`;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return "no permission --allow-ffi";
  }
  // Functions do not cross threads, and one that waits would hold up a whole thread.
  if (responder !== undefined) return "a responder of the caller's own runs on the main thread";
  if ("read" in clock && clock !== systemClock) {
    return "a clock of the caller's own runs on the main thread";
  }
  if (hasFaults) return "answers with faults wait";
  return whyNoWorker();
}
