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

/** The longest queue that serve() accepts. */
const MAX_QUEUE_KIB = 65_536;

const permitted = await Deno.readTextFile("/proc/sys/net/core/rmem_max").catch(() => "");
const shortQueues: Needs = {
  ...batches,
  missing: Number(permitted) < MAX_QUEUE_KIB * 1024
    ? undefined
    : `net.core.rmem_max below ${MAX_QUEUE_KIB} KiB`,
};

Deno.test(
  await where(
    shortQueues,
    "serve warns once about a receive queue shorter than requested",
    async () => {
      const cases = [[undefined, 0], [4, 0], [MAX_QUEUE_KIB, 1]] as const;
      for (const [receiveQueueKib, warnings] of cases) {
        const log = collectingLog();
        const server = await serve([FREE, FREE], {
          transport: "mmsg",
          log,
          ...(receiveQueueKib !== undefined && { receiveQueueKib }),
        });
        await server.shutdown();
        assertEquals(
          log.text().match(/The receive queue is \d+ KiB instead of/g)?.length ?? 0,
          warnings,
        );
      }
    },
  ),
);
