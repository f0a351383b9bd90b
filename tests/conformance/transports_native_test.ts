import { assertEquals } from "@std/assert";
import { serve } from "../../mod.ts";
import { where } from "../support/needs.ts";
import { ways } from "./transports.ts";

for (const [name, way, needs] of ways) {
  Deno.test(
    await where(needs, `the conformance tests run on ${name}`, async () => {
      await using server = await serve("asctime://127.0.0.1:0", way);
      assertEquals(server.transport, way.transport);
    }),
  );
}
