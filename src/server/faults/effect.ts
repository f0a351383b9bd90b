import type { Random } from "./schedule.ts";

/** A reply before it leaves, with all that a fault may still change. */
export interface Draft {
  readonly request: Uint8Array;
  /** The reply, with room for more. */
  readonly reply: Uint8Array;
  /** The length in octets of what leaves. */
  length: number;
  /** An earlier reply of the same protocol, if there was one. */
  readonly earlier: Uint8Array | undefined;
  /** Whether it has become a kiss-o'-death. */
  isKiss: boolean;
  isDropped: boolean;
  /** How long it waits before it leaves. */
  delayMs: number;
  /** How long it is held for another reply to overtake it; 0 is not at all. */
  holdMs: number;
  /** How many extra copies leave. */
  copies: number;
  /** Whether it leaves from another port than the request was sent to. */
  isFromOtherPort: boolean;
}

/** What a fault does to a reply. */
export interface Effect {
  /** How long the request is delayed before its timestamp, in milliseconds. */
  readonly requestDelayMs?: (random: Random) => number;
  readonly apply?: (draft: Draft, random: Random) => void;
}
