import { formatAddress } from "../protocols/endpoint.ts";
import { runtime } from "../system/runtime.ts";

/** Why a server cannot listen on an address. */
export type ListenFailure =
  | "in_use"
  | "not_permitted"
  | "not_of_this_machine"
  | "unsupported_family"
  | "not_unicast"
  | "unknown_host"
  | "failed";

/**
 * A server could not listen on an address that it needs, and so did not start.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ListenError, serve } from "@timesrv/timesrv";
 *
 * await using first = await serve("asctime://127.0.0.1:0");
 * const error = await serve(first.url).catch((error) => error);
 * assertEquals(error instanceof ListenError && error.reason, "in_use");
 * ```
 */
export class ListenError extends Error {
  /** `"ListenError"`, whatever a minifier makes of the class. */
  override readonly name = "ListenError";
  /** The cause of the failure. */
  readonly reason: ListenFailure;
  /** The host as requested. */
  readonly hostname: string;
  /** The UDP port as requested. */
  readonly port: number;

  /**
   * Describes one failure.
   *
   * @param reason Why it failed
   * @param address The host and port as requested
   * @param options The error behind this one
   */
  constructor(
    reason: ListenFailure,
    address: { readonly hostname: string; readonly port: number },
    options: ErrorOptions = {},
  ) {
    const problem = describe(reason, options.cause);
    super(`Cannot listen on udp ${formatAddress(address)}: ${problem}`, options);
    this.reason = reason;
    this.hostname = address.hostname;
    this.port = address.port;
  }
}

function describe(reason: ListenFailure, cause: unknown): string {
  const problems: Record<ListenFailure, string> = {
    "in_use": "the port is already in use",
    "not_permitted": "this user may not bind that port",
    "not_of_this_machine": "not an address of this machine",
    "unsupported_family": "this machine has no addresses of that IP version",
    "not_unicast": "a multicast or broadcast address, which no server can reply from",
    "unknown_host": "unknown host",
    "failed": cause instanceof Error ? cause.message : String(cause),
  };
  return problems[reason];
}

/** Says why a socket could not be bound, for the end of a sentence. */
export function listenProblem(error: unknown): string {
  return describe(listenFailure(error), error);
}

/** The failure that an error of `Deno.listenDatagram` or `Deno.listen` stands for. */
export function listenFailure(error: unknown): ListenFailure {
  if (error instanceof runtime.errors.AddrInUse) return "in_use";
  if (error instanceof runtime.errors.PermissionDenied) return "not_permitted";
  if (error instanceof runtime.errors.AddrNotAvailable) return "not_of_this_machine";
  const { code } = error as { readonly code?: string };
  return code === "EAFNOSUPPORT" ? "unsupported_family" : "failed";
}
