/** The messages between the main thread and that of the key exchange. */
import type { GuardPlan } from "../guard/guard.ts";

/** A certificate in PEM, with those between it and an authority, and its private key. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
}

/** Where keys are exchanged. */
export interface KeyExchangeListener {
  readonly hostname: string;
  /** The TCP port; 0 is any free one. */
  readonly port: number;
  /** The UDP port of NTP at the same address. */
  readonly ntpPort: number;
}

/** The first message that the thread receives; others have new credentials. */
export interface KeyExchangeSetup {
  readonly credentials: Credentials;
  /** The memory of the key ring of cookies. */
  readonly ring: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly guard: GuardPlan;
  readonly listeners: readonly KeyExchangeListener[];
}

export type KeyExchangeMessage =
  | { readonly event: "ready"; readonly ports: readonly number[] }
  | { readonly event: "failed"; readonly message: string };
