/** Damage to the octets of any answer. */
import type { Draft } from "./effect.ts";
import { below, type Random } from "./schedule.ts";

/** Fills a part of some octets with random ones. */
export function randomize(octets: Uint8Array, start: number, end: number, random: Random): void {
  for (let i = start; i < end; i++) octets[i] = below(256, random);
}

/** Cuts the end off: `length` octets are left, or a random number of them, at least one. */
export function truncate(draft: Draft, length: number | undefined, random: Random): void {
  draft.length = Math.min(draft.length, length ?? 1 + below(draft.length - 1, random));
}

/** Flips this many different bits. */
export function corrupt(draft: Draft, bits: number, random: Random): void {
  const all = draft.length * 8;
  const chosen = new Set<number>();
  while (chosen.size < Math.min(bits, all)) chosen.add(below(all, random));
  for (const bit of chosen) {
    draft.reply[bit >> 3] = (draft.reply[bit >> 3] as number) ^ 1 << (bit & 7);
  }
}
