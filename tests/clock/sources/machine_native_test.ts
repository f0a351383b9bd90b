import { assert, assertEquals } from "@std/assert";
import { openKernelStatus } from "../../../src/clock/sources/kernel_status.ts";
import { StatusKeeper } from "../../../src/clock/sources/machine.ts";
import { systemClock } from "../../../src/clock/system_clock.ts";
import { where } from "../../support/needs.ts";

Deno.test(
  await where(
    { permissions: [{ name: "ffi" }], files: ["/lib64/ld-linux-x86-64.so.2"] },
    "StatusKeeper serves what the kernel says of the system's clock",
    () => {
      using kernel = openKernelStatus() as Exclude<ReturnType<typeof openKernelStatus>, string>;
      const said = kernel.read();
      const before = Math.floor(Date.now() / 1000);
      using keeper = new StatusKeeper(systemClock, { source: "kernel", stratum: 4 });
      const { leap, rootDispersionSeconds, referenceSeconds, precision, stratum } = keeper.current;
      assertEquals([leap, stratum, keeper.warning], [said?.leap, 4, undefined]);
      // The kernel's bound grows by half a millisecond a second.
      const bound = (said?.maxErrorSeconds ?? 0) + 2 ** precision;
      assert(Math.abs(rootDispersionSeconds - bound) < 1, `${rootDispersionSeconds} ${bound}`);
      assert(referenceSeconds >= before && referenceSeconds <= Date.now() / 1000);
      using auto = new StatusKeeper(systemClock, {});
      assertEquals(auto.current.leap, said?.leap === 3 ? 0 : said?.leap);
    },
  ),
);
