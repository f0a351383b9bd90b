import { assert, assertEquals, assertThrows } from "@std/assert";
import { keyedHash } from "../../../src/system/keyed_hash.ts";
import type { RateLimit } from "../../../src/server/guard/options.ts";
import {
  allocateRates,
  RateLimiter,
  rateNumbers,
  type RateTable,
} from "../../../src/server/guard/rate_limit.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";

const neverLeaks = (): number => 0.999999;

function words(text: string): Uint32Array {
  const read = new Uint32Array(4);
  parseIpWords(text, read);
  return read;
}

function rateTable(limit: RateLimit): RateTable {
  const numbers = rateNumbers(limit);
  return { ...numbers, ...allocateRates(numbers.kod > 0) };
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

Deno.test("without a burst, eight seconds of the rate pass at once, and eight requests at least", () => {
  const cases = [[16, 128], [2.3, 19], [1, 8], [0.5, 8], [undefined, 128]] as const;
  for (const [perSecond, burst] of cases) {
    const judge = limiter(perSecond === undefined ? {} : { perSecond });
    assertEquals(passes((nowMs) => judge("192.0.2.1", nowMs), at(0, 1000)), burst, `${perSecond}`);
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

/** Which of some sources share a bucket with the first one. */
function sharing(limit: RateLimit, [first = "", ...others]: readonly string[]): string[] {
  return others.filter((source) => {
    const judge = limiter({ perSecond: 1, burst: 1, ...limit });
    return judge(first, 0) && !judge(source, 0);
  });
}

Deno.test("a prefix of any length is one source", () => {
  // Each differs from the first one in the bit of its number, counted from 1.
  const ipv6: Readonly<Record<number, string>> = {
    1: "a001:db8:5:6:7:8:9:a",
    2: "6001:db8:5:6:7:8:9:a",
    16: "2000:db8:5:6:7:8:9:a",
    17: "2001:8db8:5:6:7:8:9:a",
    32: "2001:db9:5:6:7:8:9:a",
    33: "2001:db8:8005:6:7:8:9:a",
    48: "2001:db8:4:6:7:8:9:a",
    49: "2001:db8:5:8006:7:8:9:a",
    64: "2001:db8:5:7:7:8:9:a",
    65: "2001:db8:5:6:8007:8:9:a",
    80: "2001:db8:5:6:6:8:9:a",
    96: "2001:db8:5:6:7:9:9:a",
    97: "2001:db8:5:6:7:8:8009:a",
    127: "2001:db8:5:6:7:8:9:8",
    128: "2001:db8:5:6:7:8:9:b",
  };
  const ipv4: Readonly<Record<number, string>> = {
    1: "64.0.2.1",
    8: "193.0.2.1",
    9: "192.128.2.1",
    24: "192.0.3.1",
    25: "192.0.2.129",
    32: "192.0.2.0",
  };
  const beyond = (all: Readonly<Record<number, string>>, prefix: number): string[] =>
    Object.entries(all).filter(([bit]) => Number(bit) > prefix).map(([, source]) => source);
  for (const ipv6Prefix of [1, 2, 15, 16, 31, 32, 33, 47, 48, 63, 64, 65, 95, 96, 97, 127, 128]) {
    const all = ["2001:db8:5:6:7:8:9:a", ...Object.values(ipv6)];
    assertEquals(sharing({ ipv6Prefix }, all), beyond(ipv6, ipv6Prefix), `/${ipv6Prefix}`);
  }
  for (const ipv4Prefix of [1, 7, 8, 9, 23, 24, 31, 32]) {
    const all = ["192.0.2.1", ...Object.values(ipv4)];
    assertEquals(sharing({ ipv4Prefix }, all), beyond(ipv4, ipv4Prefix), `/${ipv4Prefix}`);
  }
  assertEquals(sharing({}, ["192.0.2.1", ...Object.values(ipv4)]), []);
});

Deno.test("an IPv6 site has four times the limit of one of its networks", () => {
  const network = (i: number): string => `2001:db8:7:${i.toString(16)}::1`;
  /** Asks once from each of many networks of one site. */
  const askSite = (judge: (source: string, nowMs: number) => boolean, nowMs: number): number =>
    Array.from({ length: 1000 }, (_, i) => judge(network(i + 1), nowMs)).filter(Boolean).length;
  const limit = { perSecond: 10, burst: 50 };
  for (const ipv6Prefix of [60, 64, 128]) {
    const judge = limiter({ ...limit, ipv6Prefix });
    assertEquals(askSite(judge, 0), 200, `/${ipv6Prefix}`);
    assertEquals([askSite(judge, 24), askSite(judge, 25), askSite(judge, 1025)], [0, 1, 40]);
    assertEquals(askSite(judge, 100_000), 200);
    assert(judge("2001:db8:8:1::1", 100_000), "another site");
    assert(judge("2001:db8:7:f000::1", 102_000) && judge("192.0.2.1", 100_000));
  }
  // A site of two networks has no more than both have.
  const halves = limiter({ ...limit, ipv6Prefix: 49 });
  assertEquals(askSite(halves, 0), 50);
  assert(halves(network(0xffff), 0));
  for (const ipv6Prefix of [32, 48]) {
    assertEquals(askSite(limiter({ ...limit, ipv6Prefix }), 0), 50, `/${ipv6Prefix}`);
  }
  // A source over its own limit takes nothing from the others.
  const shared = limiter(limit);
  for (let i = 0; i < 1000; i++) shared(network(0xffff), 0);
  assertEquals(askSite(shared, 0), 150);
  // IPv4 has no sites.
  const ipv4 = limiter({ perSecond: 10, burst: 1 });
  for (let i = 0; i < 256; i++) assert(ipv4(`192.0.2.${i}`, 0));
});

Deno.test("an address behind a NAT64 is the IPv4 address in it", () => {
  const behind = "64:ff9b::192.0.2.1";
  assertEquals(sharing({}, [behind, "192.0.2.1", "64:ff9b::c000:202", "64:ff9b::1:c000:201"]), [
    "192.0.2.1",
  ]);
  assertEquals(sharing({ ipv4Prefix: 24 }, [behind, "192.0.2.9", "64:ff9b::192.0.2.9"]), [
    ...["192.0.2.9", "64:ff9b::192.0.2.9"],
  ]);
  // Addresses of other prefixes are not read so: 64:ff9b:1::/48 is for local use (RFC 8215).
  const others = ["64:ff9b:0:1::c000:201", "64:ff9b:1::c000:201", "64:ff9c::c000:201"];
  for (const other of others) assertEquals(sharing({}, [other, "192.0.2.1"]), [], other);
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

Deno.test("beyond the limit one in eight passes at random", () => {
  let next = 0;
  const evenly = (): number => (next++ % 1000) / 1000;
  const one = new RateLimiter(rateTable({ perSecond: 0.001, burst: 1, kod: 0 }), evenly);
  const seen = { pass: 0, drop: 0, kod: 0 };
  for (let i = 0; i < 10_001; i++) seen[one.take(words("192.0.2.1"), 0)]++;
  assertEquals(seen, { pass: 1 + 1250, drop: 8750, kod: 0 });
});

Deno.test("of all sources beyond the limit a share gets a KoD", () => {
  let next = 0;
  const evenly = (): number => (next++ % 1000) / 1000;
  const one = new RateLimiter(rateTable({ perSecond: 0.001, burst: 1, kod: 0.5 }), evenly);
  const seen = { pass: 0, drop: 0, kod: 0 };
  for (let i = 0; i < 10_000; i++) {
    const source = words(`10.0.${i >> 8}.${i & 255}`);
    one.take(source, 0);
    seen[one.take(source, 0)]++;
  }
  // A pass draws no number: 0.125, then half of the rest.
  assertEquals(seen, { pass: 1250, drop: 4370, kod: 4380 });
});

Deno.test("a source gets one KoD per minute, whatever the share and the rate of a forger", () => {
  const table = rateTable({ perSecond: 16, burst: 8, kod: 1 });
  const threads = [1, 2].map(() => new RateLimiter(table, neverLeaks));
  const [victim, other, ipv6] = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(words);
  const kods: number[] = [];
  for (let ms = 0; ms < 300_000; ms += 10) {
    const verdict = threads[ms / 10 % 2]?.take(victim as Uint32Array, ms);
    if (verdict === "kod") kods.push(ms);
  }
  assertEquals(kods.length, 5);
  assert((kods[0] ?? 0) < 1000, "the first one once the burst is over");
  for (const [i, ms] of kods.entries()) assertEquals(Math.floor(ms / 60_000), i);
  // Others have their own; a step of the clock is another minute.
  for (const [source, nowMs] of [[other, 299_000], [ipv6, 299_000], [victim, 1e9]] as const) {
    const verdicts = Array.from(
      { length: 100 },
      () => threads[0]?.take(source as Uint32Array, nowMs),
    );
    assertEquals(verdicts.filter((verdict) => verdict === "kod").length, 1);
    assertEquals(verdicts.filter((verdict) => verdict === "pass").length, 8);
  }
  // A clock that was stepped to before the start.
  const before = Array.from({ length: 100 }, () => threads[0]?.take(other as Uint32Array, -1e9));
  assertEquals(before.filter((verdict) => verdict === "kod").length, 1);
});

Deno.test("a source that takes the place of another one owes none of its KoDs", () => {
  const one = new RateLimiter(rateTable({ perSecond: 1, burst: 1, kod: 1 }), neverLeaks);
  // Far more sources than places, all of the same minute: a place has had many of them.
  const count = 400_000;
  let kods = 0;
  const flooding = new Uint32Array([0, 0, 0xffff, 0]);
  for (let i = 0; i < count; i++) {
    flooding[3] = 0x0a000000 + i;
    one.take(flooding, 0);
    if (one.take(flooding, 0) === "kod") kods++;
  }
  assertEquals(kods, count);
});

Deno.test("a flood of a million addresses needs no more memory, and frees no limited client", () => {
  const table = rateTable({ perSecond: 1, burst: 8 });
  const octetsOf = ({ sources, fullAtMs, kodMinutes }: RateTable): number =>
    sources.byteLength + fullAtMs.byteLength + kodMinutes.byteLength;
  const octets = octetsOf(table);
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
  assertEquals(octetsOf(table), octets);
  assertEquals(octetsOf(rateTable({ kod: 0.1 })), octets + 2 ** 18);
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
    { ipv6Prefix: 0 },
    { ipv6Prefix: 129 },
    { ipv6Prefix: 63.5 },
  ];
  for (const limit of wrong) assertThrows(() => rateTable(limit), RangeError, "expected");
});
