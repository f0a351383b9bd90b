import { assertEquals, assertThrows } from "@std/assert";
import { parseUpstream, upstreamFields } from "../../../src/server/upstreams/options.ts";

Deno.test("parseUpstream reads a server, the size of a pool and the interval", () => {
  const table: [url: string, host: string, port: number, pool: number, polls: number[]][] = [
    ["ntp://time.example", "time.example", 123, 1, [6, 10]],
    ["time.example:1123", "time.example", 1123, 1, [6, 10]],
    ["ntp://[2001:db8::1]?minpoll=4", "2001:db8::1", 123, 1, [4, 10]],
    ["ntp://pool.example?pool=4&minpoll=3&maxpoll=5", "pool.example", 123, 4, [3, 5]],
    ["ntp://a.example?maxpoll=4", "a.example", 123, 1, [4, 4]],
    ["ntp://a.example?minpoll=12", "a.example", 123, 1, [12, 12]],
  ];
  for (const [url, hostname, port, pool, [minPoll = 0, maxPoll = 0]] of table) {
    const spec = parseUpstream(url);
    assertEquals(
      [spec.endpoint, spec.pool, spec.limits],
      [{ protocol: "ntp", hostname, port }, pool, { minPoll, maxPoll }],
      url,
    );
  }
});

Deno.test("parseUpstream refuses what cannot be followed, with the reason", () => {
  const table: [url: string, error: typeof SyntaxError | typeof RangeError, message: string][] = [
    ["time://a.example", SyntaxError, "an upstream is an NTP server: ntp://HOST"],
    ["ntp://a.example:0", SyntaxError, "port 0 is for listeners"],
    [
      "ntp://a.example?polls=4",
      SyntaxError,
      'unknown parameter "polls", expected pool, minpoll, maxpoll or key',
    ],
    ["ntp://a.example?pool=0", RangeError, "pool"],
    ["ntp://a.example?pool=17", RangeError, "pool"],
    ["ntp://a.example?minpoll=x", SyntaxError, "minpoll"],
    ["ntp://a.example?pool=2&pool=3", SyntaxError, '"pool" is given twice'],
    ["ntp://a.example?minpoll=9&maxpoll=5", SyntaxError, "minpoll is above maxpoll"],
  ];
  for (const [url, error, message] of table) assertThrows(() => parseUpstream(url), error, message);
});

Deno.test("--upstream takes several servers with commas", () => {
  assertEquals(upstreamFields.upstreams.parse("ntp://a.example, ntp://b.example?pool=2"), [
    "ntp://a.example",
    "ntp://b.example?pool=2",
  ]);
  assertThrows(() => upstreamFields.upstreams.parse("ntp://a.example,time://b.example"));
});
