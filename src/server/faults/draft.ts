import type { Random } from "./draws.ts";

/** An answer before it leaves: what a fault may still change. */
export interface Draft {
  /** What was asked. */
  readonly request: Uint8Array;
  /** Where the answer is, with room for more. */
  readonly reply: Uint8Array;
  /** How many octets of it leave. */
  length: number;
  /** An earlier answer of the same protocol, if there was one. */
  readonly earlier: Uint8Array | undefined;
  /** Whether it has become a kiss-o'-death. */
  isKiss: boolean;
  isDropped: boolean;
  /** How long it waits before it leaves. */
  delayMs: number;
  /** How long it is held for another one to overtake it; 0 if it is not. */
  holdMs: number;
  /** How many copies leave besides. */
  copies: number;
  /** Whether it leaves from another port than was asked. */
  isFromOtherPort: boolean;
}

/** What a fault does. */
export interface Effect {
  /** How long the request is on its way before it is stamped, in milliseconds. */
  readonly requestDelayMs?: (random: Random) => number;
  /** What becomes of the answer. */
  readonly apply?: (draft: Draft, random: Random) => void;
}
