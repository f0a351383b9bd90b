/** Everything between the main thread and that of the key exchange: its messages, its counters, its certificate. */
import {
  type KeyExchangeCounts,
  type KeyExchangeOutcome,
  keyExchangeOutcomes,
} from "../../client/served_state.ts";
import { KEY_EXCHANGE_PROTOCOL } from "../../protocols/ntp/nts/records.ts";
import { TlsServer } from "../../transports/tls/tls_server.ts";
import type { FaultsOptions } from "../faults/options.ts";
import type { GuardPlan } from "../guard/guard.ts";

/** A certificate in PEM, with those between it and an authority, and its private key. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
  /** A certificate of the same key that has expired, and that clients would trust otherwise; for tests of clients. */
  readonly expired?: string | undefined;
}

/** Opens the TLS of a key exchange; throws a `TlsError` if the credentials are not good. */
export function openTls(credentials: Credentials): TlsServer {
  return new TlsServer({ ...credentials, protocol: KEY_EXCHANGE_PROTOCOL });
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

/** What a running server reports of NTS. */
export interface NtsReport {
  /** The TCP addresses of the key exchange. */
  readonly addresses: readonly string[];
  /** The connections of key exchanges that are open now. */
  readonly connections: number;
  /** The key exchanges since the start, by outcome. */
  readonly keyExchanges: KeyExchangeCounts;
  /** When the newest key of cookies was made, by this machine's clock. */
  readonly newestKey: Temporal.Instant;
  /** When the certificate ends. */
  readonly certificateEnd: Temporal.Instant;
}

/** The cell of the open connections, after those of the outcomes. */
const OPEN = keyExchangeOutcomes.length;

/** The outcomes of key exchanges in numbers that their thread writes, and all threads read. */
export class OutcomeCounters {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Float64Array;

  /** Opens new counters, or those of another thread. Only one may count. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(8 * (OPEN + 1));
    this.#numbers = new Float64Array(this.memory);
  }

  count(outcome: KeyExchangeOutcome): void {
    const i = keyExchangeOutcomes.indexOf(outcome);
    this.#numbers[i] = (this.#numbers[i] as number) + 1;
  }

  /** The connections that are open. */
  get connections(): number {
    return this.#numbers[OPEN] as number;
  }

  set connections(count: number) {
    this.#numbers[OPEN] = count;
  }

  read(): KeyExchangeCounts {
    const entries = keyExchangeOutcomes.map((outcome, i) => [outcome, this.#numbers[i]]);
    return Object.fromEntries(entries) as KeyExchangeCounts;
  }
}
