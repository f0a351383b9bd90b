import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  floorDivide,
  joinNs,
  type Plan,
  servedAt,
  splitNs,
  systemAt,
  toLine,
  toServed,
} from "../../src/clock/line.ts";
import { check } from "../support/property.ts";

const CENTURY_NS = 3_155_760_000_000_000_000n;
/** A hundred years either way of 2026, and served time anywhere in ten thousand. */
const systemNs = fc.bigInt({ min: -CENTURY_NS, max: CENTURY_NS }).map((ns) =>
  ns + 1_795_000_000_000_000_000n
);
const servedNs = fc.bigInt({ min: -50n * CENTURY_NS, max: 50n * CENTURY_NS });
const gainPpb = fc.oneof(
  fc.bigInt({ min: -100_000n, max: 100_000n }),
  fc.bigInt({ min: -3_000_000_000n, max: 3_000_000_000n }),
  fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n }),
  fc.constantFrom(0n, -1_000_000_000n, 1_000_000_000n, -2_000_000_000n, 1n, -1n),
);
const plan: fc.Arbitrary<Plan> = fc.record({ systemNs, servedNs, gainPpb });

Deno.test("toServed is exact to the nanosecond over a hundred years", () => {
  check(
    fc.property(plan, systemNs, (each, nowNs) => {
      const time = splitNs(nowNs);
      toServed(toLine(each), time);
      const elapsed = nowNs - each.systemNs;
      const exact = each.servedNs + elapsed + floorDivide(elapsed * each.gainPpb, 1_000_000_000n);
      assertEquals(joinNs(time), exact);
      assertEquals(time.nanoseconds >= 0 && time.nanoseconds < 1e9, true);
    }),
    20_000,
  );
});

Deno.test("toServed never goes back while the rate is positive, nor forward while it is negative", () => {
  check(fc.property(plan, systemNs, fc.bigInt({ min: 0n, max: 10n ** 12n }), (each, nowNs, on) => {
    const [first, second] = [splitNs(nowNs), splitNs(nowNs + on)];
    toServed(toLine(each), first);
    toServed(toLine(each), second);
    const rate = 1_000_000_000n + each.gainPpb;
    const moved = joinNs(second) - joinNs(first);
    if (rate >= 0n) assertEquals(moved >= 0n, true);
    else assertEquals(moved <= 0n, true);
  }));
});

Deno.test("systemAt is the first moment at which served time has reached the target", () => {
  check(fc.property(plan, servedNs, (each, targetNs) => {
    const atNs = systemAt(each, targetNs);
    if (atNs === undefined) {
      assertEquals(each.gainPpb, -1_000_000_000n);
      return;
    }
    const [before, there] = [servedAt(each, atNs - 1n), servedAt(each, atNs)];
    if (each.gainPpb > -1_000_000_000n) {
      assertEquals([before < targetNs, there >= targetNs], [true, true]);
    } else assertEquals([before > targetNs, there <= targetNs], [true, true]);
  }));
});

Deno.test("splitNs and joinNs are each other's inverse, before 1970 too", () => {
  assertEquals(splitNs(-1n), { seconds: -1, nanoseconds: 999_999_999 });
  check(fc.property(servedNs, (ns) => assertEquals(joinNs(splitNs(ns)), ns)));
});
