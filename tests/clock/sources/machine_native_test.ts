import { assert, assertEquals } from "@std/assert";
import { openKernelStatus } from "../../../src/clock/sources/kernel_status.ts";
import { MachineSource } from "../../../src/clock/sources/machine.ts";
import type { StatusOptions } from "../../../src/clock/sources/options.ts";
import { systemClock } from "../../../src/clock/system_clock.ts";
import { FakeTime } from "../../support/fake_time.ts";
import { kernelStatus } from "../../support/kernel.ts";
import { where } from "../../support/needs.ts";

const PRECISION = -20;

function open(options: StatusOptions): MachineSource {
  const start = { seconds: 0, nanoseconds: 0 };
  const context = { base: systemClock, precision: PRECISION, start, timers: new FakeTime() };
  return new MachineSource(context, options);
}

Deno.test(
  await where(
    { ...kernelStatus, permissions: [{ name: "ffi" }] },
    "MachineSource serves the kernel's status of the system's clock",
    () => {
      using kernel = openKernelStatus() as Exclude<ReturnType<typeof openKernelStatus>, string>;
      const read = kernel.read();
      const before = Math.floor(Date.now() / 1000);
      using required = open({ source: "kernel", stratum: 4 });
      const { leap, rootDispersionSeconds, referenceSeconds, stratum } = required.content.status;
      assertEquals([leap, stratum, required.warnings], [read?.leap, 4, []]);
      // The kernel's bound grows by half a millisecond per second.
      const bound = (read?.maxErrorSeconds ?? 0) + 2 ** PRECISION;
      assert(Math.abs(rootDispersionSeconds - bound) < 1, `${rootDispersionSeconds} ${bound}`);
      assert(referenceSeconds >= before && referenceSeconds <= Date.now() / 1000);
      using auto = open({});
      assertEquals(auto.content.status.leap, read?.leap === 3 ? 0 : read?.leap);
    },
  ),
);
