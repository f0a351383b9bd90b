import { assertEquals } from "@std/assert";
import { serve } from "../../../src/server/serve.ts";
import { openLibc } from "../../../src/system/libc.ts";
import { closeSockets, openSockets } from "../../../src/transports/mmsg/socket.ts";
import { collectingLog } from "../../support/collecting_log.ts";
import { type Needs, where } from "../../support/needs.ts";

const FREE = "asctime://127.0.0.1:0";
const batches: Needs = { permissions: [{ name: "ffi" }, { name: "read" }] };

Deno.test(
  await where(batches, "openSockets sizes the receive queue, up to what the kernel allows", () => {
    using libc = openLibc();
    const most = Number(Deno.readTextFileSync("/proc/sys/net/core/rmem_max"));
    for (const wanted of [4096, 65_536, 2 ** 30]) {
      const { descriptors, receiveQueueOctets } = openSockets(libc, {
        hostname: "127.0.0.1",
        port: 0,
        count: 2,
        receiveQueueOctets: wanted,
      });
      closeSockets(libc, descriptors);
      assertEquals(receiveQueueOctets, Math.min(wanted, most));
    }
  }),
);

Deno.test(
  await where(
    batches,
    "serve warns once about a receive queue shorter than requested",
    async () => {
      const most = Number(await Deno.readTextFile("/proc/sys/net/core/rmem_max")) / 1024;
      for (const [receiveQueueKib, warnings] of [[undefined, 0], [4, 0], [65_536, 1]] as const) {
        const log = collectingLog();
        const server = await serve([FREE, FREE], {
          transport: "mmsg",
          log,
          ...(receiveQueueKib !== undefined && { receiveQueueKib }),
        });
        await server.shutdown();
        const expected = most < (receiveQueueKib ?? 0) ? warnings : 0;
        assertEquals(
          log.text().match(/The receive queue is \d+ KiB instead of/g)?.length ?? 0,
          expected,
        );
      }
    },
  ),
);
