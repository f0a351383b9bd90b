import { assertEquals } from "@std/assert";
import type { HttpRequest } from "../../src/http/listener.ts";
import { TokenGuesses } from "../../src/http/token_guesses.ts";
import { FakeTime } from "../support/fake_time.ts";

const token = "0123456789abcdef";

function requestOf(peer: string): HttpRequest {
  return { peer } as HttpRequest;
}

/** The status of a guess, 200 if it is right. */
async function guess(
  guesses: TokenGuesses,
  given: string,
  peer: string | HttpRequest = "192.0.2.7",
): Promise<number> {
  const request = typeof peer === "string" ? requestOf(peer) : peer;
  return await guesses.require(request, given, token).then(() => 200, ({ status }) => status);
}

Deno.test("TokenGuesses refuses a source that was wrong five times within a minute", async () => {
  const timers = new FakeTime();
  const guesses = new TokenGuesses(timers);
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) {
    statuses.push(await guess(guesses, i < 6 ? `wrong ${i}` : token));
    await timers.advance(1000);
  }
  assertEquals(statuses, [401, 401, 401, 401, 401, 429, 429]);
  assertEquals(await guess(guesses, token, "192.0.2.8"), 200);
  await timers.advance(52_999);
  assertEquals(await guess(guesses, token), 429);
  // The first one is a minute ago.
  await timers.advance(1);
  assertEquals([await guess(guesses, token), await guess(guesses, "wrong")], [200, 401]);
  assertEquals(await guess(guesses, token), 429);
});

Deno.test("TokenGuesses counts neither right tokens nor requests without any", async () => {
  const guesses = new TokenGuesses();
  guesses.add("another-interface-has-it");
  for (
    const [given, status] of [["", 401], [token, 200], ["another-interface-has-it", 401]] as const
  ) {
    for (let i = 0; i < 9; i++) assertEquals(await guess(guesses, given), status, given);
  }
});

Deno.test("TokenGuesses counts guesses that are compared at the same time", async () => {
  const guesses = new TokenGuesses();
  const right = await Promise.all(Array.from({ length: 9 }, () => guess(guesses, token)));
  assertEquals(new Set(right), new Set([200]));
  const all = await Promise.all(Array.from({ length: 9 }, () => guess(guesses, "wrong")));
  assertEquals(all, [401, 401, 401, 401, 401, 429, 429, 429, 429]);
});

Deno.test("TokenGuesses counts a request once, and the addresses of a /64 together", async () => {
  const guesses = new TokenGuesses();
  const request = requestOf("2001:db8::1");
  for (let i = 0; i < 4; i++) assertEquals(await guess(guesses, "wrong", request), 401);
  for (let i = 2; i < 6; i++) assertEquals(await guess(guesses, "wrong", `2001:db8::${i}`), 401);
  assertEquals(await guess(guesses, token, "2001:db8::f:1"), 429);
  assertEquals(await guess(guesses, token, "2001:db8:0:1::1"), 200);
});

Deno.test("TokenGuesses keeps a thousand wrong ones, and locks nobody out for the rest", async () => {
  const guesses = new TokenGuesses();
  for (let i = 0; i < 4; i++) assertEquals(await guess(guesses, "wrong"), 401);
  const many = Array.from({ length: 996 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const peer of many) assertEquals(await guess(guesses, "wrong", peer), 401);
  assertEquals([await guess(guesses, "wrong"), await guess(guesses, token)], [401, 200]);
  for (let i = 0; i < 999; i++) await guess(guesses, "wrong", `10.1.${i >> 8}.${i & 255}`);
  assertEquals(await guess(guesses, token), 200);
  assertEquals(await guess(guesses, token, "192.0.2.8"), 200);
});
