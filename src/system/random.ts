/** 32 bits that nobody can foresee, some hundred of them fetched at a time. */
export const random32: () => number = (() => {
  const pool = new Uint32Array(256);
  let left = 0;
  return (): number => {
    if (left === 0) {
      crypto.getRandomValues(pool);
      left = pool.length;
    }
    return pool[--left] as number;
  };
})();

/** A number from 0 to below 1, of the same kind. */
export function random(): number {
  return random32() / 2 ** 32;
}
