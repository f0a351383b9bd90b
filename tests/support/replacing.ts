/** Fakes in the place of what a program finds, for as long as a test needs them. */

/** Objects, each with the values to put in the place of its properties. */
export type Fakes = readonly (readonly [object: object, properties: Record<string, unknown>])[];

/** Puts values in the place of properties until it is disposed of. */
export function replace(fakes: Fakes): Disposable {
  const before = fakes.flatMap(([object, properties]) =>
    Object.keys(properties).map((key) =>
      [object, key, Object.getOwnPropertyDescriptor(object, key)] as const
    )
  );
  for (const [object, properties] of fakes) {
    for (const [key, value] of Object.entries(properties)) {
      Object.defineProperty(object, key, { value, configurable: true, writable: true });
    }
  }
  return {
    [Symbol.dispose](): void {
      for (const [object, key, own] of before) {
        if (own) Object.defineProperty(object, key, own);
        else delete (object as Record<string, unknown>)[key];
      }
    },
  };
}

/** Puts values in the place of properties while a function runs. */
export async function replacing(fakes: Fakes, run: () => Promise<void>): Promise<void> {
  using _replaced = replace(fakes);
  await run();
}
