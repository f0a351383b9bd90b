/** Where a true value may lie, both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The region in which the most intervals overlap, if more than half of all do and no other region is as
 * good (RFC 5905 §11.2.1).
 *
 * This is Marzullo's algorithm. RFC 5905 widens the region until it holds the midpoints too, which
 * makes steering steadier. Here an interval that misses the region is certain to be a falseticker's, as
 * long as most servers are right.
 */
export function intersection(intervals: readonly Interval[]): Interval | undefined {
  const edges = intervals.flatMap(({ low, high }) => [{ at: low, by: 1 }, { at: high, by: -1 }]);
  // Intervals that only touch do overlap: beginnings first.
  edges.sort((a, b) => a.at - b.at || b.by - a.by);
  let [overlap, most] = [0, 0];
  let regions: Interval[] = [];
  for (const [i, { at, by }] of edges.entries()) {
    overlap += by;
    if (by < 0 || overlap < most) continue;
    if (overlap > most) regions = [];
    most = overlap;
    // The next edge ends the region, unless it only begins a better one.
    regions.push({ low: at, high: edges[i + 1]?.at ?? at });
  }
  return most * 2 > intervals.length && regions.length === 1 ? regions[0] : undefined;
}

export function overlaps(a: Interval, b: Interval): boolean {
  return a.low <= b.high && b.low <= a.high;
}
