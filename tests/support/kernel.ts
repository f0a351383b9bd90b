import { assertEquals } from "@std/assert";
import type { Needs } from "./needs.ts";
import { replace } from "./replacing.ts";

const systems = ["linux x86_64", "linux aarch64"];

/** The needs of tests of the kernel's status: a system on which it is read. */
export const kernelStatus: Needs = {
  missing: systems.includes(`${Deno.build.os} ${Deno.build.arch}`)
    ? undefined
    : "kernel whose status is read",
};

/**
 * A kernel in place of this machine's, until it is disposed of; nothing may have it open then. At first it is
 * synchronised, off by 0.25 s at most, and about to insert a second.
 */
export class FakeKernel implements Disposable {
  maxErrorSeconds = 0.25;
  isSynchronized = true;
  /** The number of times it was opened. */
  timesOpened = 0;
  #open = 0;
  readonly #replaced: Disposable;

  constructor() {
    const symbols = {
      ntp_adjtime: (timex: DataView): number => {
        // <sys/timex.h> on 64 bits: maxerror is the fourth long, status follows the fifth.
        timex.setBigInt64(24, BigInt(this.maxErrorSeconds * 1e6), true);
        timex.setInt32(40, 0x0011, true);
        return this.isSynchronized ? 1 : 5;
      },
    };
    const dlopen = (): unknown => {
      this.#open++;
      this.timesOpened++;
      return { symbols, close: () => this.#open-- };
    };
    this.#replaced = replace([
      [Deno, { dlopen }],
      [Deno.permissions, { querySync: () => ({ state: "granted" }) }],
    ]);
  }

  [Symbol.dispose](): void {
    this.#replaced[Symbol.dispose]();
    assertEquals(this.#open, 0, "the kernel is left open");
  }
}
