import { assertEquals } from "@std/assert";
import { FAILURE_LINE, LineLimiter, REQUEST_LINE } from "../../../src/server/log/line_limiter.ts";

function admitted(limiter: LineLimiter, count: number): number {
  return Array.from({ length: count }, () => limiter.admit(REQUEST_LINE)).filter(Boolean).length;
}

Deno.test("LineLimiter admits 20 lines of any kind per refill, and counts the others by kind", () => {
  const limiter = new LineLimiter();
  assertEquals([limiter.admit(FAILURE_LINE), admitted(limiter, 30)], [true, 19]);
  assertEquals(limiter.admit(FAILURE_LINE), false);
  assertEquals(limiter.refill(), { requests: 11, failures: 1 });
  assertEquals([admitted(limiter, 5), limiter.refill()], [5, { requests: 0, failures: 0 }]);
});

Deno.test("LineLimiter spans two threads in shared memory", () => {
  const memory = new SharedArrayBuffer(LineLimiter.octets);
  const [worker, main] = [new LineLimiter(memory), new LineLimiter(memory)];
  assertEquals(admitted(worker, 25), 20);
  assertEquals([main.refill(), admitted(worker, 25)], [{ requests: 5, failures: 0 }, 20]);
  assertEquals(main.refill(), { requests: 5, failures: 0 });
});

Deno.test("LineLimiter adds lines that another one refused, and its counts wrap", () => {
  const memory = new ArrayBuffer(LineLimiter.octets);
  new Int32Array(memory).fill(2 ** 31 - 1, 1);
  const limiter = new LineLimiter(memory);
  limiter.refill();
  limiter.addSuppressed({ requests: 3, failures: 2 });
  assertEquals(limiter.refill(), { requests: 3, failures: 2 });
});
