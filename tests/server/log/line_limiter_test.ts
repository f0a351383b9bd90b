import { assertEquals } from "@std/assert";
import {
  FAILURE_LINE,
  LineLimiter,
  REFUSAL_LINE,
  REQUEST_LINE,
} from "../../../src/server/log/line_limiter.ts";

function admitted(
  limiter: LineLimiter,
  count: number,
  kind: typeof REQUEST_LINE | typeof REFUSAL_LINE = REQUEST_LINE,
): number {
  return Array.from({ length: count }, () => limiter.admit(kind)).filter(Boolean).length;
}

Deno.test("LineLimiter admits 20 lines of any kind per refill, and counts the others by kind", () => {
  const limiter = new LineLimiter();
  assertEquals([limiter.admit(FAILURE_LINE), admitted(limiter, 30)], [true, 19]);
  assertEquals(limiter.admit(FAILURE_LINE), false);
  assertEquals(limiter.refill(), { requests: 11, failures: 1, refusals: 0 });
  assertEquals([admitted(limiter, 5), limiter.refill()], [5, {
    requests: 0,
    failures: 0,
    refusals: 0,
  }]);
});

Deno.test("LineLimiter admits 20 lines about refused requests beside the others", () => {
  const limiter = new LineLimiter();
  assertEquals([admitted(limiter, 21), admitted(limiter, 25, REFUSAL_LINE)], [20, 20]);
  assertEquals(limiter.refill(), { requests: 1, failures: 0, refusals: 5 });
  assertEquals([admitted(limiter, 1), admitted(limiter, 1, REFUSAL_LINE)], [1, 1]);
});

Deno.test("LineLimiter spans two threads in shared memory", () => {
  const memory = new SharedArrayBuffer(LineLimiter.octets);
  const [worker, main] = [new LineLimiter(memory), new LineLimiter(memory)];
  assertEquals(admitted(worker, 25), 20);
  assertEquals([main.refill(), admitted(worker, 25)], [
    { requests: 5, failures: 0, refusals: 0 },
    20,
  ]);
  assertEquals(main.refill(), { requests: 5, failures: 0, refusals: 0 });
});

Deno.test("LineLimiter adds lines that another one refused, and its counts wrap", () => {
  const memory = new ArrayBuffer(LineLimiter.octets);
  new Int32Array(memory).fill(2 ** 31 - 1, 2);
  const limiter = new LineLimiter(memory);
  limiter.refill();
  limiter.addSuppressed({ requests: 3, failures: 2, refusals: 5 });
  assertEquals(limiter.refill(), { requests: 3, failures: 2, refusals: 5 });
});
