/** Fakes in the place of what a program finds, for as long as a test needs them. */

/** Puts values in the place of properties while a function runs. */
export async function replacing(
  fakes: readonly (readonly [object: object, properties: Record<string, unknown>])[],
  run: () => Promise<void>,
): Promise<void> {
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
  try {
    await run();
  } finally {
    for (const [object, key, own] of before) {
      if (own) Object.defineProperty(object, key, own);
      else delete (object as Record<string, unknown>)[key];
    }
  }
}
