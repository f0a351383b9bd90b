import { assert, assertEquals, assertRejects } from "@std/assert";
import { load, type LoadOptions } from "../../src/load/load_server.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { serve } from "../../src/server/serve.ts";
import { where } from "../support/needs.ts";
import { freePort } from "../support/udp_client.ts";

const needs = {
  permissions: [{ name: "ffi" }, { name: "read" }],
  ...(Deno.build.os !== "linux" && { files: ["/proc/sys/kernel/osrelease"] }),
} as const;

Deno.test(
  await where(needs, "load measures a server by its URL, and says who answered", async () => {
    await using server = await serve("ntp://127.0.0.1:0", { transport: "mmsg" });
    const port = server.addresses[0]?.port;
    const { url, address, sent, good, port: asked } = await load(`ntp://localhost:${port}`, {
      requests: 50,
      timeout: 5,
    });
    assertEquals([url, address, asked], [`ntp://localhost:${port}`, "127.0.0.1", port]);
    assertEquals([sent, good], [50, 50]);
  }),
);

Deno.test("load is put on nobody whose server it may not be", async () => {
  for (
    const [url, message, options] of [
      ["ntp://192.0.2.1", "192.0.2.1 is not on this machine's loopback network"],
      ["ntp://[2001:db8::1]", "ownServer says that it is one"],
      ["224.0.0.1", "224.0.0.1 stands for more than one server", { ownServer: true }],
    ] as const
  ) {
    await assertRejects(() => load(url, options), RangeError, message);
  }
});

Deno.test("load says what is wrong with its options, and with its URL", async () => {
  for (
    const options of [
      { duration: 0 },
      { duration: 601 },
      { requests: 1.5 },
      { window: 0 },
      { window: 16_385 },
      { rate: NaN },
      { flows: 1025 },
      { timeout: 0 },
      { warmup: -1 },
      { pid: 2 ** 22 + 1 },
    ] satisfies readonly LoadOptions[]
  ) {
    const [name = ""] = Object.keys(options);
    await assertRejects(() => load("127.0.0.1", options), RangeError, `Cannot measure: ${name} is`);
  }
  const segmented = { segmented: true };
  await assertRejects(() => load("time://127.0.0.1", segmented), RangeError, "not for time");
  await assertRejects(() => load("nonsense://127.0.0.1"), SyntaxError, "unknown protocol");
  const error = await assertRejects(() => load("127.0.0.1", { family: 6 }), QueryError);
  assertEquals(error.reason, "unknown-host");
});

Deno.test(
  await where(needs, "load says that nobody listens on any address of a host", async () => {
    const error = await assertRejects(() => load(`localhost:${freePort()}`), QueryError);
    assertEquals(error.reason, "refused");
  }),
);

Deno.test("load that is ended before it begins rejects with the reason", async () => {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() => load("127.0.0.1", { signal }));
  assert(error === reason);
});
