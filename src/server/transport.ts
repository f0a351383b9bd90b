import type { Clock } from "../clock/clock.ts";
import type { ClockOptions } from "../clock/sources/timeline/options.ts";
import { systemClock } from "../clock/system_clock.ts";
import type { Responder } from "../protocols/responder.ts";
import { type Libc, openLibc, unsupportedSystem } from "../system/libc.ts";
import { isGranted } from "../system/permission.ts";
import { findMissingCall } from "../transports/mmsg/socket.ts";
import { whyNoWorker } from "./workers/threads.ts";
import { runtime } from "../system/runtime.ts";

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
  /** The library behind `mmsg`, which has what that needs. */
  readonly libc?: Libc;
  /** Why `auto` did not choose `mmsg`. */
  readonly reason?: string;
}

/**
 * Chooses a transport.
 *
 * @param open Opens the C library
 * @throws {Deno.errors.NotSupported} If `mmsg` was requested and is not available
 */
export function chooseTransport(wish: TransportWish, open = openLibc): TransportChoice {
  const { transport = "datagram" } = wish;
  if (transport === "datagram") return { transport };
  const result = whyNotMmsg(wish) ?? openChecked(open);
  if (typeof result !== "string") return { transport: "mmsg", libc: result };
  if (transport === "auto") return { transport: "datagram", reason: result };
  throw new runtime.errors.NotSupported(`Cannot use the mmsg transport: ${result}`);
}

/** Opens the C library, or returns what it or the kernel lacks. */
function openChecked(open: () => Libc): Libc | string {
  let libc: Libc;
  try {
    libc = open();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const missing = findMissingCall(libc);
  if (missing === undefined) return libc;
  libc[Symbol.dispose]();
  return missing;
}

function whyNotMmsg(
  { transport, clock = {}, responder, hasFaults, isRecorded, ...wish }: TransportWish,
): string | undefined {
  const system = unsupportedSystem();
  if (system !== undefined) return `this is ${system}, not Linux on x86_64 or aarch64`;
  if (!isGranted({ name: "ffi" })) return "no permission --allow-ffi";
  // Functions do not cross threads, and an asynchronous one would block its thread.
  if (responder !== undefined) return "a custom responder runs on the main thread";
  if ("read" in clock && clock !== systemClock) return "a custom clock runs on the main thread";
  if (hasFaults) return "faults delay replies";
  if (isRecorded) return "exchanges are recorded on the main thread";
  const noWorker = whyNoWorker();
  if (noWorker !== undefined) return noWorker;
  // An explicit mmsg does without faults.
  const canChange = wish.control !== undefined && !wish.controlReadOnly;
  return canChange && transport === "auto"
    ? "faults may be set, unless --control-read-only"
    : undefined;
}
