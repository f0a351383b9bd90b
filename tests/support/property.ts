import fc from "fast-check";

const SEED = 868;

/** Checks a property; its seed is fixed, and printed by fast-check when it fails. */
export function check<Values extends [unknown, ...unknown[]]>(
  property: fc.IProperty<Values>,
  numRuns = 1000,
): void {
  fc.assert(property, { seed: SEED, numRuns });
}

/** Values by the same seed, for tests that wait and so run side by side. */
export function sample<Value>(arbitrary: fc.Arbitrary<Value>, count: number): Value[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: count });
}
