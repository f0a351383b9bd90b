/**
 * The kernel's status of the system clock, read through `ntp_adjtime(3)` with nothing to set, which needs no
 * privilege. It needs Linux on 64 bits and the permission `ffi`.
 */
import { unsupportedSystem } from "../../system/libc.ts";
import { isGranted } from "../../system/permission.ts";
import { UNSYNCHRONIZED } from "../status.ts";

export interface KernelStatus {
  /** 0 none, 1 insertion, 2 deletion, 3 not synchronised. */
  readonly leap: number;
  /** The largest error the clock may have now, in seconds; the kernel lets it grow. */
  readonly maxErrorSeconds: number;
}

/** `struct timex` of <sys/timex.h> where `long` has 64 bits: its size, and the fields read here. */
export const TIMEX = { size: 208, maxError: 24, status: 40 } as const;

const STA_INS = 0x0010;
const STA_DEL = 0x0020;
const STA_UNSYNC = 0x0040;

/** `ntp_adjtime` returns this when the clock is not synchronised. */
const TIME_ERROR = 5;

export interface KernelStatusReader extends Disposable {
  /** The status now; undefined if the kernel refuses. */
  read(): KernelStatus | undefined;
}

/** Returns a reader, or why there is none. */
export function openKernelStatus(): KernelStatusReader | string {
  const system = unsupportedSystem();
  if (system !== undefined) return `not on ${system}`;
  if (!isGranted({ name: "ffi" })) return "no permission --allow-ffi";
  let libc;
  try {
    libc = Deno.dlopen("libc.so.6", { ntp_adjtime: { parameters: ["buffer"], result: "i32" } });
  } catch (error) {
    return (error as Error).message;
  }
  const { symbols } = libc;
  const timex = new DataView(new ArrayBuffer(TIMEX.size));
  return {
    read(): KernelStatus | undefined {
      timex.setUint32(0, 0); // modes: set nothing
      const state = symbols.ntp_adjtime(timex);
      if (state < 0) return undefined;
      const flags = timex.getInt32(TIMEX.status, true);
      const microseconds = timex.getBigInt64(TIMEX.maxError, true);
      return { leap: leapOf(state, flags), maxErrorSeconds: Number(microseconds) / 1e6 };
    },
    [Symbol.dispose]: () => libc.close(),
  };
}

function leapOf(state: number, flags: number): number {
  if (state === TIME_ERROR || (flags & STA_UNSYNC) !== 0) return UNSYNCHRONIZED;
  if ((flags & STA_INS) !== 0) return 1;
  return (flags & STA_DEL) !== 0 ? 2 : 0;
}
