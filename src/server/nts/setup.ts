/** The messages between the main thread and that of the key exchange. */
import type { FaultsOptions } from "../faults/options.ts";
import type { GuardPlan } from "../guard/guard.ts";

/** A certificate in PEM, with those between it and an authority, and its private key. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
  /** A certificate of the same key that has expired, and that clients would trust otherwise; for tests of clients. */
  readonly expired?: string | undefined;
}

/** The faults of the key exchange at one listener. */
export interface KeyExchangeFaultPlan {
  readonly faults: Pick<FaultsOptions, "nts-ke">;
  readonly seed: number;
}

/** By listener, in their order. */
export interface KeyExchangeFaultPlans {
  readonly plans: readonly (KeyExchangeFaultPlan | undefined)[];
}

/** Where keys are exchanged. */
export interface KeyExchangeListener {
  readonly hostname: string;
  /** The TCP port; 0 is any free one. */
  readonly port: number;
  /** The UDP port of NTP at the same address. */
  readonly ntpPort: number;
}

/** The first message that the thread receives; others have new credentials, or new faults. */
export interface KeyExchangeSetup {
  readonly credentials: Credentials;
  /** The memory of the key ring of cookies. */
  readonly ring: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly guard: GuardPlan;
  readonly listeners: readonly KeyExchangeListener[];
  readonly faults: KeyExchangeFaultPlans;
}

export type KeyExchangeMessage =
  | { readonly event: "ready"; readonly ports: readonly number[] }
  | { readonly event: "failed"; readonly message: string };
