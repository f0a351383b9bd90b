import { assert, assertEquals } from "@std/assert";
import { type ClockStatus, UNKNOWN_CLOCK } from "../../src/clock/status.ts";
import { type PageContent, ServedPage, SYSTEM_TIME } from "../../src/clock/page.ts";
import { where } from "../support/needs.ts";
import { until } from "../support/wait.ts";

const status: ClockStatus = { ...UNKNOWN_CLOCK, referenceSeconds: 1.5e9, precision: -23 };

/** A page on which every number is another one. */
function distinct(first: number): PageContent {
  let n = first;
  const line = (): PageContent["line"] => ({
    systemSeconds: n++,
    systemNanoseconds: n++,
    servedSeconds: n++,
    servedNanoseconds: n++,
    gainPpb: n++,
    leap: n++,
    referenceId: n++,
  });
  return {
    line: line(),
    next: { from: { seconds: n++, nanoseconds: n++ }, line: line() },
    noiseNs: n++,
    seed: n++,
    noiseFrom: { seconds: n++, nanoseconds: n++ },
    status: {
      leap: n++,
      stratum: n++,
      referenceId: n++,
      rootDelaySeconds: n++,
      rootDispersionSeconds: n++,
      dispersionRate: n++,
      referenceSeconds: n++,
      precision: n++,
    },
  };
}

Deno.test("ServedPage gives readers what was published last, number by number", () => {
  const page = new ServedPage();
  const reader = new ServedPage(page.buffer);
  for (const content of [distinct(1), distinct(100)]) {
    page.publish(content);
    assert(reader.hasChanged);
    assertEquals(reader.read(), content);
    assert(!reader.hasChanged);
    assertEquals(reader.read(), content);
  }
});

Deno.test("ServedPage without a next line starts it at the end of time", () => {
  const page = new ServedPage();
  page.publish({ ...SYSTEM_TIME, status });
  const { line, next, ...rest } = page.read();
  assertEquals([line, next.line], [SYSTEM_TIME.line, SYSTEM_TIME.line]);
  assertEquals(next.from, { seconds: Infinity, nanoseconds: 0 });
  const noiseFrom = { seconds: 0, nanoseconds: 0 };
  assertEquals(rest, { noiseNs: 0, seed: 0, noiseFrom, status });
});

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "ServedPage is read in one piece by four threads through a million updates",
    async () => {
      const page = new ServedPage();
      const stop = new Int32Array(new SharedArrayBuffer(8));
      const url = new URL("./served_page_reader.ts", import.meta.url);
      const readers = Array.from({ length: 4 }, () => new Worker(url, { type: "module" }));
      const seen = readers.map((reader) =>
        new Promise<MessageEvent>((resolve) => reader.onmessage = resolve)
      );
      const publish = (n: number): void => {
        const line = {
          systemSeconds: n,
          systemNanoseconds: n,
          servedSeconds: n,
          servedNanoseconds: n,
          gainPpb: n,
          leap: n,
          referenceId: n,
        };
        page.publish({
          line,
          next: { from: { seconds: n, nanoseconds: n }, line },
          noiseNs: n,
          seed: n,
          noiseFrom: { seconds: n, nanoseconds: n },
          status: {
            leap: n,
            stratum: n,
            referenceId: n,
            rootDelaySeconds: n,
            rootDispersionSeconds: n,
            dispersionRate: n,
            referenceSeconds: n,
            precision: n,
          },
        });
      };
      publish(1);
      for (const reader of readers) reader.postMessage({ page: page.buffer, stop: stop.buffer });
      // Four threads start late on a busy machine.
      await until(() => Atomics.load(stop, 1) === 4, 60);
      for (let n = 2; n <= 1_000_000; n++) publish(n);
      Atomics.store(stop, 0, 1);
      for (const { data } of await Promise.all(seen)) {
        const { reads, ...rest } = data;
        assert(reads > 1000, `${reads} reads`);
        assertEquals(rest, { torn: 0, backward: 0, last: 1_000_000 });
      }
      for (const reader of readers) reader.terminate();
    },
  ),
);
