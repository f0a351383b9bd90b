/** The effect of a fault on one reply, and damage to its octets. */
import type { NtsFlaw } from "../../protocols/responder.ts";
import { passesForRequest } from "./damage.ts";
import type { NtsKeFlaw } from "./options.ts";
import { below, type Random } from "./schedule.ts";

/** A reply before it leaves, with all that a fault may still change. */
export interface Draft {
  readonly request: Uint8Array;
  /** The reply, with room for more. */
  readonly reply: Uint8Array;
  length: number;
  /** An earlier reply of the same protocol, if there was one. */
  readonly earlier: Uint8Array | undefined;
  isKiss: boolean;
  /** What is wrong with its NTS. */
  flaw: NtsFlaw | undefined;
  isDropped: boolean;
  delayMs: number;
  /** The time for another reply to overtake it; 0 is none. */
  holdMs: number;
  copies: number;
  isFromOtherPort: boolean;
}

export interface Effect {
  /** The delay of the request before its timestamp. */
  readonly requestDelayMs?: (random: Random) => number;
  /** What is wrong with a key exchange, which has no reply to change. */
  readonly keyExchange?: NtsKeFlaw;
  readonly apply?: (draft: Draft, random: Random) => void;
}

export function randomize(octets: Uint8Array, start: number, end: number, random: Random): void {
  for (let i = start; i < end; i++) octets[i] = below(256, random);
}

/** Cuts the end off: `length` octets are left, or a random number of them, at least one. */
export function truncate(draft: Draft, length: number | undefined, random: Random): void {
  draft.length = Math.min(draft.length, length ?? 1 + below(draft.length - 1, random));
}

const MAX_TRIES = 32;

/** Flips this many different bits; others if a request is left, of which few are. */
export function corrupt({ reply, length }: Draft, bits: number, random: Random): void {
  const all = length * 8;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(bits, all)) chosen.add(below(all, random));
    const flip = (): void => {
      for (const bit of chosen) reply[bit >> 3] = (reply[bit >> 3] as number) ^ 1 << (bit & 7);
    };
    flip();
    if (!passesForRequest(reply.subarray(0, length))) return;
    flip();
  }
}

/** Fills it with random octets, the first of which is set if they are a request by chance. */
export function garble({ reply, length }: Draft, random: Random): void {
  randomize(reply, 0, length, random);
  if (passesForRequest(reply.subarray(0, length))) reply[0] = 0xff;
}
