import { assert, assertEquals, assertThrows } from "@std/assert";
import { readUsage } from "../../scripts/bench/usage.ts";
import { where } from "../support/needs.ts";

Deno.test(
  await where({ files: ["/proc/self/status"] }, "readUsage counts what a process opens", () => {
    const before = readUsage(Deno.pid);
    assert(
      before.residentKib > 1024 && before.residentKib <= before.peakKib,
      `${before.residentKib}`,
    );
    assert(before.threads >= 1);
    const sockets = [1, 2, 3].map(() =>
      Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 })
    );
    const meanwhile = readUsage(Deno.pid);
    for (const socket of sockets) socket.close();
    assertEquals(meanwhile.descriptors - before.descriptors, 3);
    assertEquals(readUsage(Deno.pid).descriptors, before.descriptors);
  }),
);

Deno.test(
  await where(
    { commands: ["true"], files: ["/proc/self/status"] },
    "readUsage fails for a process that is no more",
    async () => {
      const child = new Deno.Command("true").spawn();
      await child.status;
      assertThrows(() => readUsage(child.pid), Deno.errors.NotFound);
    },
  ),
);
