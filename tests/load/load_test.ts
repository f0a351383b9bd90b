import { assert, assertEquals, assertRejects } from "@std/assert";
import { load } from "../../src/load/load.ts";
import type { LoadOptions } from "../../src/load/options.ts";
import { QueryError } from "../../src/protocols/failure.ts";

Deno.test("load refuses a server that may not be yours", async () => {
  for (
    const [url, message, options] of [
      ["ntp://192.0.2.1", "192.0.2.1 is not on this machine's loopback network"],
      ["ntp://[2001:db8::1]", "confirm it with ownServer"],
      ["224.0.0.1", "224.0.0.1 stands for more than one server", { ownServer: true }],
    ] as const
  ) {
    await assertRejects(() => load(url, options), RangeError, message);
  }
});

Deno.test("load checks its options and its URL", async () => {
  for (
    const options of [
      { duration: "0s" },
      { duration: "601s" },
      { requests: 1.5 },
      { window: 0 },
      { window: 16_385 },
      { rate: NaN },
      { flows: 1025 },
      { timeout: "0s" },
      { warmup: "-1s" },
      { pid: 2 ** 22 + 1 },
    ] satisfies readonly LoadOptions[]
  ) {
    const [name = ""] = Object.keys(options);
    await assertRejects(() => load("127.0.0.1", options), RangeError, `load.${name} is`);
  }
  const segmented = { segmented: true };
  await assertRejects(() => load("time://127.0.0.1", segmented), RangeError, "not for time");
  await assertRejects(() => load("nonsense://127.0.0.1"), SyntaxError, "unknown protocol");
  const error = await assertRejects(() => load("127.0.0.1", { family: 6 }), QueryError);
  assertEquals(error.reason, "unknown_host");
});

Deno.test("load rejects with the reason of a signal that has aborted", async () => {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() => load("127.0.0.1", { signal }));
  assert(error === reason);
});
