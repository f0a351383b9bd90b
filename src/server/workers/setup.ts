/** The messages between the main thread and a worker. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Operation } from "../../transports/exchange.ts";
import type { SymmetricKey } from "../../crypto/mac.ts";
import type { RawOrigin } from "../../clock/kernel_clocks.ts";
import type { ClientMemory } from "../clients/client_table.ts";
import type { LoggedSource } from "../log/request_log.ts";
import type { GuardPlan } from "../guard/guard.ts";
import type { ServiceSettings } from "../../protocols/services.ts";

export interface WorkerListener {
  /** The socket's file descriptor: all threads of a process share them. */
  readonly descriptor: number;
  /** The protocol, and the address as bound. */
  readonly endpoint: Endpoint;
  readonly page: SharedArrayBuffer;
  /** The memory of the `Counters` that this worker writes. */
  readonly counters: SharedArrayBuffer;
}

/** The only message a worker receives. */
export interface WorkerSetup {
  readonly listeners: readonly WorkerListener[];
  readonly services: ServiceSettings;
  /** The symmetric keys, secrets included. */
  readonly keys?: readonly SymmetricKey[] | undefined;
  /** The memory of the key ring of cookies, if NTS is served. */
  readonly ntsKeys?: SharedArrayBuffer | undefined;
  readonly guard: GuardPlan;
  /** The table of clients that this worker writes, if they are counted. */
  readonly clients: ClientMemory | undefined;
  /** The origin of the raw clock, if that is the base of what is served. */
  readonly origin?: RawOrigin | undefined;
  /** A word that becomes 1 when the worker must stop. */
  readonly stop: SharedArrayBuffer;
  /** The memory of the `LineLimiter` of its reports. */
  readonly limiter: SharedArrayBuffer;
  readonly logsRequests: boolean;
  readonly logsRefusals: boolean;
}

export type WorkerMessage =
  | { readonly event: "ready" }
  | { readonly event: "stopped" }
  | { readonly event: "died"; readonly cause: string }
  | {
    readonly event: "request";
    readonly endpoint: Endpoint;
    readonly source: LoggedSource;
    readonly request: Uint8Array<ArrayBuffer>;
    /** Why it gets no reply; undefined if it gets one. */
    readonly cause?: string | undefined;
  }
  | { readonly event: "error"; readonly endpoint: Endpoint; readonly message: string }
  | {
    readonly event: "failed";
    readonly endpoint: Endpoint;
    readonly operation: Operation;
    readonly message: string;
  };
