/** Refusals that need ports below 1024, and so root. */
import { assertEquals } from "@std/assert";
import { serve } from "../../mod.ts";
import { UdpClient } from "../support/udp_client.ts";
import { eachWay, settled } from "./transports.ts";

(await eachWay("a datagram from a service that replies to anything is refused", async (way) => {
  await using server = await serve(["auto://127.0.0.1:0", "ntp://127.0.0.1:0"], way);
  const ports = [7, 9, 13, 17, 19, 37];
  for (const port of ports) {
    // An address that nothing of this machine uses.
    using echo = new UdpClient("127.0.77.99", port);
    for (const address of server.addresses) {
      await echo.send(new Uint8Array([0x23, ...new Uint8Array(47)]), address);
    }
  }
  const sent = 2 * ports.length;
  assertEquals(await settled(server, sent), { answered: 0, "source_port": sent });
}, { root: true })).forEach((test) => Deno.test(test));
