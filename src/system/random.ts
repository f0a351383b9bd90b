/** Draws 32 unpredictable bits; a system call fetches 256 draws. */
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

export function random(): number {
  return random32() / 2 ** 32;
}
