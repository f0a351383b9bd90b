import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Operation, Source } from "../../transports/exchange.ts";

/** The sender of a request. */
export type LoggedSource = Pick<Source, "hostname" | "port">;

/** What a handler logs. */
export interface RequestLog {
  /** Whether refused requests are logged. */
  readonly logsRefusals: boolean;
  /** Logs a request that gets a reply. */
  request(endpoint: Endpoint, source: LoggedSource, request: Uint8Array): void;
  /** Logs a request that gets none, by its cause, or a KoD, as `KoD DENY`. */
  refused(
    endpoint: Endpoint,
    source: LoggedSource,
    request: Uint8Array,
    cause: string,
  ): void;
  /** Logs a failure that was survived. */
  failed(endpoint: Endpoint, operation: Operation, error: unknown): void;
}
