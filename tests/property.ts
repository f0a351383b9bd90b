import fc from "fast-check";

/** Checks a property; its seed is fixed, and printed by fast-check when it fails. */
export function check<Values extends [unknown, ...unknown[]]>(
  property: fc.IProperty<Values>,
  numRuns = 1000,
): void {
  fc.assert(property, { seed: 868, numRuns });
}
