/** Which transport is chosen, and why. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { collectingLog } from "../support/collecting_log.ts";

const FREE = "asctime://127.0.0.1:0";
const mmsg = { transport: "mmsg" } as const;

Deno.test("serve explains why it cannot use mmsg, and chooses datagram on auto", async () => {
  const log = collectingLog();
  const responder = { respond: (): number => 0 };
  const clock = { read: (): void => {} };
  for (const own of [{ responder }, { clock }]) {
    await assertRejects(
      () => serve(FREE, { ...own, ...mmsg }),
      Deno.errors.NotSupported,
      "Cannot use the mmsg transport: ",
    );
    await using server = await serve(FREE, { ...own, transport: "auto", log });
    assertEquals(server.transport, "datagram");
  }
  await log.flush();
  assert(/Transport: datagram \(.+\)\n/.test(log.text()), log.text());
  await using server = await serve(FREE);
  assertEquals(server.transport, "datagram");
  for (const workers of [0, 1.5, 100_000]) {
    await assertRejects(
      () => serve(FREE, { workers }),
      RangeError,
      "expected a whole number, 1 to",
    );
  }
});

Deno.test({
  name: "serve on auto uses datagram without the permission ffi",
  permissions: { net: true },
  async fn(): Promise<void> {
    const log = collectingLog();
    await using server = await serve(FREE, { transport: "auto", log });
    await log.flush();
    assertEquals(server.transport, "datagram");
    if (Deno.build.os === "linux") assert(log.text().includes("(no permission --allow-ffi)"));
  },
});
