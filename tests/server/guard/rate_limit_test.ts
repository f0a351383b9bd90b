import { assert, assertEquals, assertThrows } from "@std/assert";
import { keyedHash } from "../../../src/system/keyed_hash.ts";
import type { RateLimit } from "../../../src/server/guard/options.ts";
import { RateLimiter, rateTable } from "../../../src/server/guard/rate_limit.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";

const neverLeaks = (): number => 0.999999;

function words(text: string): Uint32Array {
  const read = new Uint32Array(4);
  parseIpWords(text, read);
  return read;
}

function limiter(
  limit: RateLimit,
  random = neverLeaks,
): (source: string, nowMs: number) => boolean {
  const one = new RateLimiter(rateTable(limit), random);
  return (source, nowMs) => one.take(words(source), nowMs) === "pass";
}

function passes(judge: (nowMs: number) => boolean, times: readonly number[]): number {
  return times.filter((nowMs) => judge(nowMs)).length;
}

const at = (nowMs: number, count: number): number[] => Array(count).fill(nowMs);

Deno.test("keyedHash is HalfSipHash-1-3, as the Linux kernel tests it", () => {
  // lib/tests/siphash_kunit.c: the octets 0 to 7 by the key of 0 to 7
  assertEquals(keyedHash([0x03020100, 0x07060504], 0x07060504, 0x03020100), 0x577999b1);
});

Deno.test("a source has its burst at once and its rate for ever", () => {
  for (const start of [0, 1e10]) {
    const judge = limiter({ perSecond: 10, burst: 5 });
    const ask = (nowMs: number): boolean => judge("192.0.2.1", start + nowMs);
    assertEquals(passes(ask, at(0, 20)), 5);
    assertEquals(passes(ask, at(99, 1)), 0);
    assertEquals(passes(ask, at(100, 2)), 1);
    // One each 100 ms passes for as long as one likes; one each 50 ms by half.
    assertEquals(passes(ask, Array.from({ length: 100 }, (_, i) => 1000 + i * 101)), 100);
    const half = passes(ask, Array.from({ length: 1000 }, (_, i) => 20_000 + i * 50));
    assert(half >= 500 && half <= 506, `${half}`);
    assertEquals(passes(ask, at(200_000, 20)), 5);
  }
});

Deno.test("sources have a bucket each, and share it within a prefix", () => {
  const judge = limiter({ perSecond: 1, burst: 1 });
  for (const source of ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"]) {
    assert(judge(source, 0), source);
    assert(!judge(source, 0), source);
  }
  assert(!judge("2001:db8::ffff:1", 0), "the same /64");
  assert(!judge("::ffff:192.0.2.1", 0), "IPv4 all the same");
  const wide = limiter({ perSecond: 1, burst: 1, ipv4Prefix: 24, ipv6Prefix: 48 });
  assert(wide("192.0.2.1", 0) && !wide("192.0.2.255", 0) && wide("192.0.3.1", 0));
  assert(wide("2001:db8::1", 0) && !wide("2001:db8:0:9::1", 0) && wide("2001:db8:1::1", 0));
});

Deno.test("a step of the clock neither silences a source nor lets it off", () => {
  const judge = limiter({ perSecond: 1, burst: 3 });
  const ask = (nowMs: number): boolean => judge("192.0.2.1", nowMs);
  assertEquals(passes(ask, at(10_000_000, 9)), 3);
  // An hour back: as if it came for the first time, and no more than that.
  assertEquals(passes(ask, at(6_400_000, 9)), 3);
  assertEquals(passes(ask, at(10_000_000, 9)), 3);
  assertEquals(passes(ask, at(2e15, 9)), 3);
});

Deno.test("beyond the limit one in eight passes at random, and a share gets a KoD", () => {
  let next = 0;
  const evenly = (): number => (next++ % 1000) / 1000;
  const one = new RateLimiter(rateTable({ perSecond: 0.001, burst: 1, kod: 0.5 }), evenly);
  const seen = { pass: 0, drop: 0, kod: 0 };
  for (let i = 0; i < 10_001; i++) seen[one.take(words("192.0.2.1"), 0)]++;
  assertEquals(seen.pass, 1 + 1250);
  assert(Math.abs(seen.kod - 8750 / 2) <= 10, `${seen.kod}`);
  assertEquals(seen.pass + seen.drop + seen.kod, 10_001);
});

Deno.test("a flood of a million addresses needs no more memory, and frees no limited client", () => {
  const table = rateTable({ perSecond: 1, burst: 8 });
  const octets = table.sources.byteLength + table.fullAtMs.byteLength;
  const one = new RateLimiter(table, neverLeaks);
  const abuser = words("198.51.100.7");
  let passed = 0;
  const flooding = new Uint32Array([0, 0, 0xffff, 0]);
  for (let i = 0; i < 1_000_000; i++) {
    flooding[3] = 0x0a000000 + i;
    assertEquals(one.take(flooding, i / 100), "pass");
    // It sends a hundred requests per second, and has emptied its bucket before others begin.
    if (i % 1000 === 0 && one.take(abuser, i / 100) === "pass") passed++;
  }
  assertEquals(octets, 2 ** 21);
  assertEquals(table.sources.byteLength + table.fullAtMs.byteLength, octets);
  // Ten seconds: the burst, and one a second.
  assert(passed >= 8 && passed <= 19, `${passed}`);
});

Deno.test("all threads with one table keep to one limit", () => {
  const table = rateTable({ perSecond: 1, burst: 10 });
  const several = Array.from({ length: 4 }, () => new RateLimiter(table, neverLeaks));
  let passed = 0;
  for (let i = 0; i < 100; i++) {
    if (several[i % 4]?.take(words("192.0.2.1"), 0) === "pass") passed++;
  }
  assertEquals(passed, 10);
});

Deno.test("a limit out of range is reported", () => {
  const wrong: RateLimit[] = [
    { perSecond: 0 },
    { perSecond: -1 },
    { perSecond: NaN },
    { perSecond: Infinity },
    { burst: 0 },
    { burst: 1.5 },
    { kod: 1.1 },
    { kod: -0.1 },
    { ipv4Prefix: 0 },
    { ipv4Prefix: 33 },
    { ipv6Prefix: 65 },
    { ipv6Prefix: 63.5 },
  ];
  for (const limit of wrong) assertThrows(() => rateTable(limit), RangeError, "expected");
});
