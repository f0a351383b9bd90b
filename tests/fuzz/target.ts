import type { Protocol } from "../../src/protocols/registry.ts";
import type { Scene } from "./scenes.ts";

/** What is wrong: which oracle says so, and in words. */
export interface Problem {
  readonly oracle: string;
  readonly detail: string;
}

/** Something that is given datagrams. */
export interface Target {
  /** Its name in reports. */
  readonly name: string;
  readonly protocol: Protocol;
  /** How often each kind of outcome was seen: what shows that all of it was reached. */
  readonly outcomes: Map<string, number>;
  /** Gives it one datagram; what is wrong with what it does, if anything is. Never throws. */
  judge(input: Uint8Array, scene: Scene): Problem | undefined;
}

/** Counts an outcome. */
export function count(outcomes: Map<string, number>, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}
