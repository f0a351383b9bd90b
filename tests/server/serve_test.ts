import { assert, assertEquals, assertRejects } from "@std/assert";
import { query } from "../../src/client/query.ts";
import { ServerLog } from "../../src/server/log.ts";
import { serve } from "../../src/server/serve.ts";
import { ListenError } from "../../src/transports/listen_error.ts";

const FREE = "asctime://127.0.0.1:0";
const clock = {
  read(time: { seconds: number; nanoseconds: number }): void {
    time.seconds = 1_585_948_176;
    time.nanoseconds = 0;
  },
};

Deno.test("serve answers with the time of the clock it is given", async () => {
  await using server = await serve(FREE, { clock, utc: true });
  assertEquals((await query(server.addresses[0]?.url ?? "")).text, "Fri Apr  3 21:09:36 2020");
});

Deno.test("serve answers with the system's time when given no clock", async () => {
  await using server = await serve(FREE, { utc: true });
  const before = Math.floor(Date.now() / 1000);
  const { time } = await query(`asctime://127.0.0.1:${server.addresses[0]?.port}`);
  const served = time.toZonedDateTime("UTC").epochMilliseconds / 1000;
  assert(served >= before && served <= Date.now() / 1000, `${before} ≤ ${served}`);
});

Deno.test("serve runs many servers at once and names each one's port", async () => {
  await using stack = new AsyncDisposableStack();
  const servers = await Promise.all(Array.from({ length: 50 }, () => serve(FREE, { clock })));
  for (const server of servers) stack.use(server);
  const urls = servers.map(({ addresses }) => addresses[0]?.url ?? "");
  assertEquals(new Set(urls).size, 50);
  const replies = await Promise.all(urls.map((url) => query(url)));
  assertEquals(replies.map(({ url }) => url), urls);
});

Deno.test("serve listens on several URLs at once", async () => {
  await using server = await serve([FREE, "asctime://[::1]:0"], { clock });
  assertEquals(server.addresses.map(({ hostname }) => hostname), ["127.0.0.1", "::1"]);
  for (const { url } of server.addresses) await query(url);
  assertEquals(server.totals.answered, 2);
});

Deno.test("serve resolves a listener's name", async () => {
  await using server = await serve("asctime://localhost:0", { clock });
  assert(["127.0.0.1", "::1"].includes(server.addresses[0]?.hostname ?? ""));
});

Deno.test("serve leaves nothing open when one listener fails", async () => {
  await using other = await serve(FREE);
  const taken = other.addresses[0]?.url ?? "";
  const free = await serve(FREE);
  const first = free.addresses[0]?.url ?? "";
  await free.shutdown();
  const error = await assertRejects(() => serve([first, taken]), ListenError);
  assertEquals([error.reason, error.port], ["in-use", other.addresses[0]?.port]);
  await using again = await serve(first);
  assertEquals(again.addresses[0]?.url, first);
});

Deno.test("serve says why it cannot start", async () => {
  const cases: [url: string, reason: string][] = [
    ["asctime://192.0.2.250:0", "not-of-this-machine"],
    ["asctime://nosuch.invalid:0", "unknown-host"],
  ];
  for (const [url, reason] of cases) {
    const error = await assertRejects(() => serve(url), ListenError);
    assertEquals(error.reason, reason);
  }
  await assertRejects(() => serve("asctime//x"), SyntaxError, "Cannot read");
});

Deno.test("shutdown frees the port, resolves finished, and may be called again", async () => {
  const server = await serve(FREE);
  const url = server.addresses[0]?.url ?? "";
  await Promise.all([server.shutdown(), server.shutdown(), server.finished]);
  await server.shutdown();
  await using again = await serve(url, { clock });
  assertEquals(again.addresses[0]?.url, url);
});

Deno.test("serve's signal shuts the server down, or keeps it from starting", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = await serve(FREE, { signal });
  controller.abort(new Error("enough"));
  await server.finished;
  await assertRejects(() => serve(FREE, { signal }), Error, "enough");
});

Deno.test("serve aborted while it starts leaves nothing open", async () => {
  const controller = new AbortController();
  const starting = serve([FREE, "asctime://localhost:0"], { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => starting, Error, "enough");
});

Deno.test("serve finishes a slow answer before it shuts down", async () => {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using server = await serve(FREE, {
    responder: {
      async respond(_request, reply): Promise<number> {
        asked.resolve();
        await gate.promise;
        return new TextEncoder().encodeInto("Fri Apr  3 21:09:36 2020", reply).written;
      },
    },
  });
  const answer = query(server.addresses[0]?.url ?? "", { retries: 0 });
  await asked.promise;
  const shutdown = server.shutdown();
  gate.resolve();
  assertEquals((await answer).text, "Fri Apr  3 21:09:36 2020");
  await shutdown;
});

Deno.test({
  name: "serve warns what a wildcard loses without the list of addresses, and serves it",
  permissions: { net: true, sys: false },
  async fn(): Promise<void> {
    const lines: string[] = [];
    const log = new ServerLog({ sink: collect(lines) });
    await using server = await serve("asctime://0.0.0.0:0", { clock, log });
    const [address] = server.addresses;
    assertEquals(address?.hostname, "0.0.0.0");
    await query(`asctime://127.0.0.1:${address?.port}`);
    await log.flush();
    assert(lines.join("").includes("Warning: 0.0.0.0 is one socket for all addresses"));
  },
});

Deno.test("serve never answers a server: two of them pointed at each other fall silent", async () => {
  await using server = await serve([FREE, FREE], { clock });
  const [a, b] = server.addresses;
  // A forger's datagram: as if the one server had asked the other.
  const forger = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const text = new TextEncoder().encode("Fri Apr  3 21:09:36 2020");
  for (const address of [a, b]) {
    await forger.send(text, { transport: "udp", hostname: "127.0.0.1", port: address?.port ?? 0 });
  }
  while (server.totals.received < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(server.totals.refused["looks-like-a-reply"], 2);
  assertEquals(server.totals.answered, 0);
  forger.close();
});

function collect(lines: string[]): { write(data: Uint8Array): Promise<number> } {
  return {
    write(data): Promise<number> {
      lines.push(new TextDecoder().decode(data));
      return Promise.resolve(data.length);
    },
  };
}
