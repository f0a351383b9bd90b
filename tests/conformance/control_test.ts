/** The control interface, on every transport: what it changes is what clients see. */
import { assert, assertEquals } from "@std/assert";
import { query, serve } from "../../mod.ts";
import { ask } from "../server/control/http.ts";
import { Client } from "../traffic.ts";
import { testEach } from "./transports.ts";

const control = "127.0.0.1:0";

await testEach("what is changed by control is served at once, in every protocol", async (way) => {
  const urls = ["ntp://127.0.0.1:0", "asctime://127.0.0.1:0", "time://127.0.0.1:0"];
  await using server = await serve(urls, { ...way, control, utc: true });
  const [ntp, asctime, time] = server.addresses.map(({ url }) => url);
  for (const year of [2036, 2090, 1999, 2038]) {
    const body = { time: `${year}-02-03T04:05:06Z`, freeze: true };
    assertEquals((await ask(server, "PATCH", "/clock", { body })).status, 200);
    const changedMs = performance.now();
    // Each from another port, so that every thread is asked.
    for (let i = 0; i < 8; i++) {
      const { serverReceivedAt } = await query(ntp as `ntp://${string}`);
      assertEquals(serverReceivedAt.epochMilliseconds, Date.UTC(year, 1, 3, 4, 5, 6));
    }
    assert((await query(asctime ?? "")).text.endsWith(`04:05:06 ${year}`));
    assertEquals((await query(time ?? "")).text, `${year}-02-03T04:05:06Z`);
    assert(performance.now() - changedMs < 10_000);
  }
});

await testEach("the list of clients is bounded, and what it leaves out is told", async (way) => {
  await using server = await serve("ntp://127.0.0.1:0", { ...way, control, rateLimit: "off" });
  const asked = 600;
  const request = new Uint8Array(48);
  request[0] = 0x23;
  for (let i = 0; i < asked; i++) {
    // All of 127.0.0.0/8 is this machine.
    using client = new Client(`127.1.${i >> 8}.${i & 255}`);
    await client.ask(request, server.addresses[0]);
  }
  const clients = async (): Promise<{ clients: unknown[]; untold: number }> =>
    (await ask(server, "GET", "/clients")).body;
  const isSample = way.transport === "mmsg";
  // The threads' own counts come once a second.
  const deadlineMs = performance.now() + 10_000;
  while (isSample && (await clients()).untold === 0 && performance.now() < deadlineMs);
  const { clients: listed, untold } = await clients();
  if (isSample) {
    assert(untold > 0 && listed.length + untold <= asked, `${listed.length}, ${untold}`);
  } else assertEquals([listed.length, untold], [256, 0]);
  assert(listed.length <= 256 && listed.length > 0, `${listed.length}`);
});
