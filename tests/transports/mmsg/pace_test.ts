import { assertEquals } from "@std/assert";
import { Pace } from "../../../src/transports/mmsg/pace.ts";

/** A pace, and a function that sends a batch whose replies each need a number of nanoseconds. */
function paced(): { pace: Pace; send: (count: number, eachNs: number, batches?: number) => void } {
  let now = 1_700_000_000_000_000_000n;
  const pace = new Pace({
    read(time): void {
      time.seconds = Number(now / 1_000_000_000n);
      time.nanoseconds = Number(now % 1_000_000_000n);
    },
  });
  return {
    pace,
    send(count, eachNs, batches = 1): void {
      for (let i = 0; i < batches; i++) {
        pace.begin(count);
        now += BigInt(Math.round(count * eachNs));
        pace.sent(count);
      }
    },
  };
}

Deno.test("Pace counts on nothing before it has seen a whole window of batches", () => {
  const { pace, send } = paced();
  send(64, 2000, 63);
  assertEquals(pace.leadNs, 0);
  send(64, 2000);
  assertEquals(pace.leadNs, 1000);
});

Deno.test("Pace counts on half of what the quickest batch needed, however many were held up", () => {
  const { pace, send } = paced();
  send(64, 1e6, 63);
  send(64, 1000);
  assertEquals(pace.leadNs, 500);
  send(64, 1e6, 63);
  assertEquals(pace.leadNs, 500);
});

Deno.test("Pace follows a quicker batch at once, and a slower machine after a window", () => {
  const { pace, send } = paced();
  send(64, 2000, 64);
  send(32, 600);
  assertEquals(pace.leadNs, 300);
  send(64, 2000, 63);
  assertEquals(pace.leadNs, 300);
  send(64, 2000, 64);
  assertEquals(pace.leadNs, 1000);
});

Deno.test("Pace learns nothing from small batches, whose system call costs more than their replies", () => {
  const { pace, send } = paced();
  for (const count of [1, 2, 15]) send(count, 9000, 200);
  assertEquals(pace.leadNs, 0);
});

Deno.test("Pace is never ahead because the clock was stepped", () => {
  const { pace, send } = paced();
  send(64, 2000, 63);
  send(64, 3600e9 / 64);
  assertEquals(pace.leadNs, 1000);
  send(64, -3600e9 / 64);
  assertEquals(pace.leadNs, 0);
});

Deno.test("Pace counts on ten microseconds at most, however long a process was stopped", () => {
  const { pace, send } = paced();
  send(16, 1e9, 64);
  assertEquals(pace.leadNs, 10_000);
});
