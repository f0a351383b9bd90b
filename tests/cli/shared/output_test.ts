import { assertEquals, assertRejects } from "@std/assert";
import {
  hasColour,
  painter,
  printProblems,
  StatusLine,
  writeText,
  writeUnlessStopped,
} from "../../../src/cli/shared/output.ts";
import { FakeTime } from "../../support/fake_time.ts";
import { replacing } from "../../support/replacing.ts";

Deno.test("writeText writes all of a text to a stream that takes a part at a time", () => {
  const parts: number[][] = [];
  const stream = {
    writeSync(data: Uint8Array): number {
      const part = [...data.slice(0, 3)];
      parts.push(part);
      return part.length;
    },
  };
  const text = "äöü µs → 1";
  writeText(stream, text);
  assertEquals(new TextDecoder().decode(new Uint8Array(parts.flat())), text);
  const count = parts.length;
  writeText(stream, "");
  assertEquals(parts.length, count);
});

Deno.test("problems and progress do without a standard error that takes nothing", async () => {
  const full = (): never => {
    throw new Error("No space left on device (os error 28)");
  };
  await replacing(
    [[Deno.stderr, { writeSync: full }]],
    () => Promise.resolve(printProblems(["a", "b"])),
  );
  // A terminal that has been closed.
  await replacing([
    [Deno.stderr, { writeSync: full, isTerminal: () => true }],
    [Deno, { consoleSize: full }],
  ], () => {
    using line = new StatusLine();
    line.show("1 of 2");
    return Promise.resolve();
  });
});

Deno.test("painter sets text in a style on a terminal only", () => {
  for (const isTerminal of [true, false]) {
    const stream = { isTerminal: () => isTerminal };
    const expected = isTerminal && !Deno.noColor;
    assertEquals(hasColour(stream), expected);
    assertEquals(painter(stream, "1;31")("x"), expected ? "\x1b[1;31mx\x1b[0m" : "x");
  }
});

/** Calls a function while standard output takes three octets per write, each after this many milliseconds. */
async function withSlowOutput<T>(
  time: FakeTime,
  ms: number,
  run: () => Promise<T>,
): Promise<[result: T, written: string]> {
  const parts: number[] = [];
  const own = Object.getOwnPropertyDescriptor(Deno.stdout, "write");
  const write = async (data: Uint8Array): Promise<number> => {
    await time.sleep(ms);
    const part = data.subarray(0, 3);
    parts.push(...part);
    return part.length;
  };
  Object.defineProperty(Deno.stdout, "write", { value: write, configurable: true });
  try {
    return [await time.run(run()), new TextDecoder().decode(new Uint8Array(parts))];
  } finally {
    if (own) Object.defineProperty(Deno.stdout, "write", own);
    else delete (Deno.stdout as Partial<typeof Deno.stdout>).write;
  }
}

Deno.test("writeUnlessStopped waits for a reader, but 200 ms at most once the program is to stop", async () => {
  for (
    const [ms, stopAfterMs, expected] of [
      // Four writes of three octets.
      [1000, Infinity, [true, "µs → 1 ns", 4000]],
      [1000, 3900, [true, "µs → 1 ns", 4000]],
      [1000, 500, [false, "", 700]],
      [49, 0, [true, "µs → 1 ns", 196]],
      [60, 0, [false, "µs → 1", 200]],
    ] as const
  ) {
    const time = new FakeTime();
    const stop = new AbortController();
    if (stopAfterMs === 0) stop.abort();
    else if (stopAfterMs < Infinity) void time.sleep(stopAfterMs).then(() => stop.abort());
    const [isWritten, text] = await withSlowOutput(
      time,
      ms,
      () => writeUnlessStopped("µs → 1 ns", stop.signal, time),
    );
    assertEquals(
      [isWritten, text.replace("\ufffd", ""), time.monotonicMs()],
      [...expected],
      `${ms}`,
    );
  }
});

Deno.test("writeUnlessStopped throws what a write throws", async () => {
  const time = new FakeTime();
  const { signal } = new AbortController();
  await withSlowOutput(time, 1, async () => {
    Object.defineProperty(Deno.stdout, "write", {
      value: () => Promise.reject(new Deno.errors.BrokenPipe("no reader")),
      configurable: true,
    });
    await assertRejects(() => writeUnlessStopped("x", signal, time), Deno.errors.BrokenPipe);
  });
});
