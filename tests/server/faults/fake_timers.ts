/** Timers that a test fires by hand. */

/** Timers by their numbers, with the time that each of them waits. */
export type FakeTimers = Map<number, { readonly ms: number; fire(): void }>;

/** Runs a test while time stands still until the test fires a timer. */
export async function withFakeTimers(test: (timers: FakeTimers) => Promise<void>): Promise<void> {
  const { setTimeout, clearTimeout, performance } = globalThis;
  const timers: FakeTimers = new Map();
  let last = 0;
  Object.assign(globalThis, {
    performance: { now: () => 1000.25 },
    setTimeout(wake: () => void, ms: number): number {
      const id = ++last;
      const fire = (): void => {
        timers.delete(id);
        wake();
      };
      timers.set(id, { ms, fire });
      return id;
    },
    clearTimeout: (id: number) => timers.delete(id),
  });
  try {
    await test(timers);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout, performance });
  }
}
