/**
 * Why a query brought no usable time.
 *
 * - `timeout`: no reply in time
 * - `refused`: nothing listens on that port
 * - `unknown-host`: the name is not known, or has no address of the family asked for
 * - `unreachable`: the network refused to carry the request
 * - `not-a-time`: a reply came and is not a time
 * - `bogus-reply`: replies came, and none of them belongs to the request
 * - `kiss-o-death`: the server tells the client to go away or to slow down
 * - `unsynchronized`: the server says that its clock is not right
 * - `unusable`: the reply contradicts itself, or its error bound is beyond use
 */
export type QueryFailure =
  | "timeout"
  | "refused"
  | "unknown-host"
  | "unreachable"
  | "not-a-time"
  | "bogus-reply"
  | "kiss-o-death"
  | "unsynchronized"
  | "unusable";

/**
 * A query brought no usable time; {@linkcode QueryError.reason} says why.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { query, QueryError } from "@timesrv/timesrv";
 *
 * const error = await query("asctime://127.0.0.1:9", { timeout: 0.2 }).catch((error) => error);
 * assertEquals(error instanceof QueryError && error.reason, "refused");
 * ```
 */
export class QueryError extends Error {
  /** `"QueryError"`, whatever a minifier makes of the class. */
  override readonly name = "QueryError";
  /** Which of the ways to fail it was. */
  readonly reason: QueryFailure;
  /** The URL of the very address that `refused`, so that a server can be started there. */
  readonly url?: string;

  /**
   * Describes one failure.
   *
   * @param reason Which of the ways to fail it was
   * @param message One line for people
   * @param options The error behind this one, and the URL that refused, if there is one
   */
  constructor(
    reason: QueryFailure,
    message: string,
    options: ErrorOptions & { readonly url?: string } = {},
  ) {
    super(message, options);
    this.reason = reason;
    if (options.url !== undefined) this.url = options.url;
  }
}
