import { assertEquals } from "@std/assert";
import { refusal } from "../../src/protocols/responder.ts";
import { guardRefusal } from "../../src/server/guard.ts";
import { serve } from "../../src/server/serve.ts";
import { testWith } from "../helpers.ts";

Deno.test("guardRefusal lets clients pass, NTP's own port included", () => {
  for (const port of [1, 123, 1023, 1024, 51_402, 65_535]) {
    assertEquals(guardRefusal({ port }), undefined);
  }
});

Deno.test("guardRefusal stops the ports of services that answer anything", () => {
  for (const port of [0, 7, 9, 13, 17, 19, 37]) {
    assertEquals(guardRefusal({ port }), refusal("source-port"), `port ${port}`);
  }
});

await testWith({ root: true }, "serve never answers a chargen service", async () => {
  await using server = await serve("asctime://127.0.0.1:0");
  const chargen = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 19 });
  const to = { transport: "udp", hostname: "127.0.0.1", port: server.addresses[0]?.port ?? 0 };
  await chargen.send(new TextEncoder().encode("!\"#$%&'()*+,-./"), to as Deno.NetAddr);
  while (server.totals.received === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(server.totals.refused["source-port"], 1);
  chargen.close();
});
