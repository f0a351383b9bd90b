import { assert, assertEquals } from "@std/assert";
import { random, random32 } from "../../src/system/random.ts";

/** Draws from a generator in place of the system's, which hands out the given words in turn. */
function drawing<T>(words: (call: number) => number, draw: () => T): { drawn: T; calls: number } {
  const { getRandomValues } = crypto;
  let calls = 0;
  crypto.getRandomValues = ((pool: Uint32Array) => {
    calls++;
    return pool.map((_, i, all) => all[i] = words(i));
  }) as typeof crypto.getRandomValues;
  try {
    return { drawn: draw(), calls };
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
}

Deno.test("random32 hands out each word of the system's generator once, and asks for 256 at a time", () => {
  // Whatever is left: 511 draws contain one whole pool, from its first word to its last.
  const { drawn, calls } = drawing((i) => i + 1, () => Array.from({ length: 1024 }, random32));
  assert(calls === 4, `${calls}`);
  const first = drawn.indexOf(256);
  assert(first >= 0 && first < 256, `${first}`);
  for (const at of [first, first + 256, first + 512]) {
    assertEquals(drawn.slice(at, at + 256).toSorted((a, b) => a - b), range(1, 256));
  }
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

Deno.test("random is from 0 to 1, and never 1", () => {
  for (const [word, expected] of [[0xffff_ffff, 1 - 2 ** -32], [1, 2 ** -32], [0, 0]] as const) {
    const { drawn } = drawing(() => word, () => Array.from({ length: 512 }, random));
    assertEquals(drawn.at(-1), expected);
  }
});
