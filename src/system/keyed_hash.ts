/**
 * Hashes two words by HalfSipHash-1-3 (https://github.com/veorq/SipHash): without the key, an attacker
 * cannot choose addresses that collide in a table.
 *
 * @param key Two random words
 * @param high The high word of a little-endian pair, hashed after `low`
 */
export function keyedHash(key: readonly [number, number], high: number, low: number): number {
  const [k0, k1] = key;
  let v0 = k0;
  let v1 = k1;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  // The two words, then the length of 8 octets, in one round each; then three final rounds.
  for (let step = 0; step < 6; step++) {
    const word = step === 0 ? low : step === 1 ? high : step === 2 ? 8 << 24 : 0;
    if (step === 3) v2 ^= 0xff;
    v3 ^= word;
    v0 = v0 + v1 | 0;
    v1 = (v1 << 5 | v1 >>> 27) ^ v0;
    v0 = v0 << 16 | v0 >>> 16;
    v2 = v2 + v3 | 0;
    v3 = (v3 << 8 | v3 >>> 24) ^ v2;
    v0 = v0 + v3 | 0;
    v3 = (v3 << 7 | v3 >>> 25) ^ v0;
    v2 = v2 + v1 | 0;
    v1 = (v1 << 13 | v1 >>> 19) ^ v2;
    v2 = v2 << 16 | v2 >>> 16;
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}
