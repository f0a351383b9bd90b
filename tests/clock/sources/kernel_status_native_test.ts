import { assert } from "@std/assert";
import { openKernelStatus } from "../../../src/clock/sources/kernel_status.ts";
import { kernelStatus } from "../../support/kernel.ts";
import { where } from "../../support/needs.ts";

Deno.test(
  await where(
    { ...kernelStatus, permissions: [{ name: "ffi" }] },
    "this machine's kernel has a status",
    () => {
      using kernel = openKernelStatus() as Exclude<ReturnType<typeof openKernelStatus>, string>;
      const status = kernel.read();
      assert([0, 1, 2, 3].includes(status?.leap ?? -1), `${status?.leap}`);
      // It stops growing at 16 s.
      const { maxErrorSeconds = -1 } = status ?? {};
      assert(maxErrorSeconds >= 0 && maxErrorSeconds <= 16, `${maxErrorSeconds}`);
    },
  ),
);
