/** What the main thread and a worker say to each other. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Operation } from "../../transports/exchange.ts";
import type { GuardPlan } from "../guard/guard.ts";
import type { ServiceSettings } from "../../protocols/protocol.ts";

/** A socket and what is served on it. */
export interface JobListener {
  /** The socket's file descriptor: all threads of a process share them. */
  readonly descriptor: number;
  /** The protocol, and the address as bound. */
  readonly endpoint: Endpoint;
  /** The page of the clock served there. */
  readonly page: SharedArrayBuffer;
}

/** All that a worker is told; it hears nothing more. */
export interface Job {
  readonly listeners: readonly JobListener[];
  readonly services: ServiceSettings;
  readonly guard: GuardPlan;
  /** The counters that this worker writes. */
  readonly counters: SharedArrayBuffer;
  /** The words that {@linkcode word} names. */
  readonly control: SharedArrayBuffer;
  /** The memory of the `LineLimiter` of its reports. */
  readonly limiter: SharedArrayBuffer;
  /** Whether anybody wants to hear of requests. */
  readonly isLogged: boolean;
}

/** The words that main thread and worker share. */
export const word = {
  /** 1 when the worker has to stop. */
  stop: 0,
} as const;

/** Octets of those words. */
export const CONTROL_LENGTH = 64;

/** What a worker says. */
export type Report =
  | { readonly event: "ready" }
  | { readonly event: "stopped" }
  | { readonly event: "died"; readonly cause: string }
  | {
    readonly event: "request";
    readonly endpoint: Endpoint;
    readonly source: { readonly hostname: string; readonly port: number };
    readonly octets: number;
  }
  | {
    readonly event: "failed";
    readonly endpoint: Endpoint;
    readonly operation: Operation;
    readonly message: string;
  };
