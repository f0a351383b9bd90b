import { assert, assertEquals } from "@std/assert";
import { UNKNOWN_CLOCK } from "../../src/clocks/clock_status.ts";
import { StatusPage } from "../../src/clocks/status_page.ts";
import { testWith } from "../helpers.ts";

Deno.test("StatusPage tells readers what was published last", () => {
  const page = new StatusPage();
  const reader = new StatusPage(page.buffer);
  for (const leap of [0, 1, 3]) {
    const status = { ...UNKNOWN_CLOCK, leap, referenceSeconds: 1.5e9, precision: -23 };
    page.publish(status);
    assertEquals(reader.read(), status);
    assertEquals(reader.read(), status);
  }
});

await testWith(
  { permissions: [{ name: "read" }] },
  "StatusPage is read in one piece by four threads through a million updates",
  async () => {
    const page = new StatusPage();
    const stop = new Int32Array(new SharedArrayBuffer(8));
    const url = new URL("./status_page_reader.ts", import.meta.url);
    const readers = Array.from({ length: 4 }, () => new Worker(url, { type: "module" }));
    const seen = readers.map((reader) =>
      new Promise<MessageEvent>((resolve) => reader.onmessage = resolve)
    );
    const publish = (n: number): void =>
      page.publish({
        leap: n,
        stratum: n,
        referenceId: n,
        rootDelaySeconds: n,
        rootDispersionSeconds: n,
        referenceSeconds: n,
        precision: n,
      });
    publish(1);
    for (const reader of readers) reader.postMessage({ page: page.buffer, stop: stop.buffer });
    while (Atomics.load(stop, 1) < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let n = 2; n <= 1_000_000; n++) publish(n);
    Atomics.store(stop, 0, 1);
    for (const { data } of await Promise.all(seen)) {
      const { reads, ...rest } = data;
      assert(reads > 1000, `${reads} reads`);
      assertEquals(rest, { torn: 0, backward: 0, last: 1_000_000 });
    }
    for (const reader of readers) reader.terminate();
  },
);
