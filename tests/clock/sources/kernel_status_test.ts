import { assert, assertEquals } from "@std/assert";
import { openKernelStatus } from "../../../src/clock/sources/kernel_status.ts";
import { kernelStatus } from "../../support/kernel.ts";
import { where } from "../../support/needs.ts";

const isSupported = kernelStatus.missing === undefined;

Deno.test({
  name: "openKernelStatus returns why it cannot, and never prompts for the permission",
  permissions: { ffi: false },
  fn(): void {
    const why = openKernelStatus();
    if (isSupported) assertEquals(why, "no permission --allow-ffi");
    else assertEquals(why, `not on ${Deno.build.os} on ${Deno.build.arch}`);
  },
});

/** A kernel whose status the test sets. */
function kernelSaying(
  state: number,
  flags: number,
  microseconds: bigint,
): { read: () => unknown; modes: number[]; closed: () => boolean } {
  const { dlopen, permissions } = Deno;
  const modes: number[] = [];
  let closed = false;
  const fake = {
    symbols: {
      ntp_adjtime(timex: DataView): number {
        modes.push(timex.getUint32(0, true));
        // <sys/timex.h> on 64 bits: maxerror is the fourth long, status follows the fifth.
        timex.setBigInt64(24, microseconds, true);
        timex.setInt32(40, flags, true);
        timex.setUint32(0, 0xffff_ffff, true);
        assertEquals(timex.byteLength, 208);
        return state;
      },
    },
    close: () => closed = true,
  };
  const { querySync } = permissions;
  try {
    Deno.dlopen = (() => fake) as unknown as typeof dlopen;
    permissions.querySync = () => ({ state: "granted" }) as Deno.PermissionStatus;
    const reader = openKernelStatus();
    if (typeof reader === "string") throw new Error(reader);
    return {
      read(): unknown {
        using open = reader;
        // Twice, because the structure is used again.
        open.read();
        return open.read();
      },
      modes,
      closed: () => closed,
    };
  } finally {
    Deno.dlopen = dlopen;
    permissions.querySync = querySync;
  }
}

Deno.test(
  await where(
    kernelStatus,
    "the kernel's state and flags become a leap and a bound; nothing is ever set",
    () => {
      const [STA_PLL, STA_INS, STA_DEL, STA_UNSYNC] = [0x0001, 0x0010, 0x0020, 0x0040];
      const table: [state: number, flags: number, leap: number][] = [
        [0, 0, 0],
        [0, STA_PLL | 0x2000, 0],
        [1, STA_INS, 1],
        [2, STA_DEL, 2],
        [3, STA_INS, 1],
        [5, 0, 3],
        [5, STA_PLL, 3],
        [5, STA_UNSYNC, 3],
        [0, STA_UNSYNC, 3],
        [0, STA_UNSYNC | STA_INS, 3],
        [5, STA_INS, 3],
      ];
      for (const [state, flags, leap] of table) {
        const kernel = kernelSaying(state, flags, 1_250_000n);
        assertEquals(kernel.read(), { leap, maxErrorSeconds: 1.25 }, `${state} ${flags}`);
        assertEquals(kernel.modes, [0, 0]);
        assert(kernel.closed());
      }
      assertEquals(kernelSaying(-1, 0, 0n).read(), undefined);
    },
  ),
);

Deno.test({
  name: "openKernelStatus returns why the library cannot be opened",
  ignore: !isSupported,
  fn(): void {
    const { dlopen, permissions } = Deno;
    const { querySync } = permissions;
    try {
      permissions.querySync = () => ({ state: "granted" }) as Deno.PermissionStatus;
      Deno.dlopen = () => {
        throw new Error("libc.so.6: no such file");
      };
      assertEquals(openKernelStatus(), "libc.so.6: no such file");
    } finally {
      Deno.dlopen = dlopen;
      permissions.querySync = querySync;
    }
  },
});
