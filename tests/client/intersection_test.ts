import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { intersection, type Interval, overlaps } from "../../src/client/intersection.ts";
import { check } from "../support/property.ts";

const interval = (low: number, high: number): Interval => ({ low, high });

Deno.test("intersection is where most intervals overlap", () => {
  // The third has two regions that are as good, between which nothing can be decided.
  const cases: readonly (readonly [readonly Interval[], Interval | undefined])[] = [
    [[interval(8, 12), interval(11, 13), interval(10, 12)], interval(11, 12)],
    [[interval(8, 12), interval(11, 13), interval(14, 15)], interval(11, 12)],
    [[interval(8, 9), interval(8, 12), interval(10, 12)], undefined],
    [[interval(1, 2)], interval(1, 2)],
    [[interval(1, 2), interval(2, 3)], interval(2, 2)],
    [[interval(1, 2), interval(3, 4)], undefined],
    [[interval(0, 1), interval(0, 1), interval(5, 6), interval(5, 6)], undefined],
    // Half is no majority, even where no other region has as many.
    [[interval(0, 1), interval(0, 1), interval(5, 6), interval(9, 10)], undefined],
    [
      [interval(0, 1), interval(0, 1), interval(0, 1), interval(5, 6), interval(9, 10)],
      interval(0, 1),
    ],
    [[], undefined],
  ];
  for (const [intervals, region] of cases) {
    assertEquals(intersection(intervals), region, JSON.stringify(intervals));
    assertEquals(intersection(intervals.toReversed()), region, "whatever the order");
  }
});

const TRUTH = 0;
const length = fc.double({ min: 0, max: 10, noNaN: true });
const true_ = fc.tuple(length, length).map(([below, above]) =>
  interval(TRUTH - below, TRUTH + above)
);
/** Clear of whatever a true one may hold. */
const false_ = fc.tuple(fc.double({ min: 10.001, max: 100, noNaN: true }), length, fc.boolean())
  .map(([from, size, isAbove]) =>
    isAbove ? interval(from, from + size) : interval(-from - size, -from)
  );

Deno.test("intersection names every falseticker of a minority, and no other server", () => {
  check(
    fc.property(
      fc.array(true_, { minLength: 1, maxLength: 20 }),
      fc.array(false_, { maxLength: 19 }),
      fc.infiniteStream(fc.nat()),
      (truechimers, falsetickers, seeds) => {
        fc.pre(falsetickers.length < truechimers.length);
        const servers = [...truechimers, ...falsetickers]
          .map((server) => ({ server, key: seeds.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key).map(({ server }) => server);
        const region = intersection(servers);
        if (!region) throw new Error("A majority overlaps");
        assert(region.low <= TRUTH && TRUTH <= region.high, "the region holds the truth");
        for (const server of servers) {
          assertEquals(overlaps(server, region), truechimers.includes(server));
        }
      },
    ),
    5000,
  );
});

Deno.test("intersection contains the true offset, whichever minority misses it", () => {
  // Falsetickers may overlap true servers beside the truth, even in a region of their own making;
  // whatever is named, it is never all of the true ones.
  const anywhere = fc.tuple(length, fc.double({ min: 0.001, max: 10, noNaN: true }))
    .map(([size, from]) => interval(from, from + size));
  check(
    fc.property(
      fc.array(true_, { minLength: 1, maxLength: 20 }),
      fc.array(anywhere, { maxLength: 19 }),
      (truechimers, falsetickers) => {
        fc.pre(falsetickers.length < truechimers.length);
        const region = intersection([...truechimers, ...falsetickers]);
        return region === undefined || truechimers.some((server) => overlaps(server, region));
      },
    ),
    2000,
  );
});
