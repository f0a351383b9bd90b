/** The least that is still wrong: removes and zeroes octets while a test goes on failing. */
export function shrink(
  octets: Uint8Array,
  stillFails: (octets: Uint8Array) => boolean,
): Uint8Array {
  let least = octets.slice();
  for (let changed = true; changed;) {
    changed = false;
    for (let size = least.length; size >= 1; size = size >> 1) {
      for (let at = 0; at + size <= least.length;) {
        const shorter = new Uint8Array(least.length - size);
        shorter.set(least.subarray(0, at));
        shorter.set(least.subarray(at + size), at);
        if (!stillFails(shorter)) {
          at += size;
          continue;
        }
        least = shorter;
        changed = true;
      }
    }
    for (let at = 0; at < least.length; at++) {
      if (least[at] === 0) continue;
      const plainer = least.slice();
      plainer[at] = 0;
      if (!stillFails(plainer)) continue;
      least = plainer;
      changed = true;
    }
  }
  return least;
}
