import type { Clock } from "../clock/clock.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";
import { systemClock } from "../clock/system_clock.ts";
import type { Responder } from "../protocols/responder.ts";
import { unsupportedSystem } from "../system/libc.ts";
import { isGranted } from "../system/permission.ts";
import { whyNoWorker } from "./workers/worker_url.ts";

/** The transports of datagrams; `auto` is the fastest that this machine and the options allow. */
export const transports = ["auto", "datagram", "mmsg"] as const;

/** One of {@linkcode transports}. */
export type Transport = (typeof transports)[number];

interface TransportWish {
  readonly transport?: Transport;
  readonly clock?: Clock | ClockOptions;
  readonly responder?: Responder;
  readonly hasFaults?: boolean;
  readonly isRecorded?: boolean;
  /** The address of the control interface. */
  readonly control?: string | undefined;
  readonly controlReadOnly?: boolean;
}

export interface TransportChoice {
  readonly transport: Exclude<Transport, "auto">;
  /** Why `auto` did not choose `mmsg`. */
  readonly reason?: string;
}

/**
 * Chooses a transport.
 *
 * @throws {Deno.errors.NotSupported} If `mmsg` was requested and is not available
 */
export function chooseTransport(wish: TransportWish): TransportChoice {
  const { transport = "datagram" } = wish;
  if (transport === "datagram") return { transport };
  const reason = whyNotMmsg(wish);
  const canChange = wish.control !== undefined && !wish.controlReadOnly;
  if (reason === undefined && (transport === "mmsg" || !canChange)) {
    return { transport: "mmsg" };
  }
  // The control interface can set faults; an explicit mmsg does without them.
  if (transport === "auto") {
    return {
      transport: "datagram",
      reason: reason ?? "faults may be set, unless --control-read-only",
    };
  }
  throw new Deno.errors.NotSupported(`Cannot use the mmsg transport: ${reason}`);
}

function whyNotMmsg(
  { clock = {}, responder, hasFaults, isRecorded }: TransportWish,
): string | undefined {
  const system = unsupportedSystem();
  if (system !== undefined) return `this is ${system}, not Linux on x86_64 or aarch64`;
  if (!isGranted({ name: "ffi" })) return "no permission --allow-ffi";
  // Functions do not cross threads, and an asynchronous one would block its thread.
  if (responder !== undefined) return "a custom responder runs on the main thread";
  if ("read" in clock && clock !== systemClock) return "a custom clock runs on the main thread";
  if (hasFaults) return "faults delay replies";
  if (isRecorded) return "exchanges are recorded on the main thread";
  return whyNoWorker();
}
