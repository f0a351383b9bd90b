/** All values of {@linkcode QueryFailure}. */
export const queryFailures = [
  "timeout",
  "refused",
  "unknown_host",
  "no_name_server",
  "unreachable",
  "not_a_time",
  "bogus_reply",
  "not_authentic",
  "nts_ke",
  "kiss_o_death",
  "unsynchronized",
  "unusable",
] as const;

/**
 * Why a query returned no usable time.
 *
 * - `timeout`: no reply in time
 * - `refused`: nothing listens on that port
 * - `unknown_host`: the name is unknown, or has no address of the requested family
 * - `no_name_server`: no name server answered, so no server was queried
 * - `unreachable`: the network did not carry the request
 * - `not_a_time`: the reply is not a time
 * - `bogus_reply`: replies came, and none of them belongs to the request
 * - `not_authentic`: replies came, and none of them is authentic, as was required
 * - `nts_ke`: the key exchange of NTS failed, so no time was asked for
 * - `kiss_o_death`: the server denies service, or limits the rate of this client
 * - `unsynchronized`: the server reports that its clock is not synchronised
 * - `unusable`: the reply contradicts itself, or its error bound is too large
 */
export type QueryFailure = (typeof queryFailures)[number];

/**
 * A query returned no usable time; {@linkcode QueryError.reason} is the cause.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { query, QueryError } from "@timesrv/timesrv";
 *
 * const error = await query("asctime://127.0.0.1:9", { timeout: "200ms" }).catch((error) => error);
 * assertEquals(error instanceof QueryError && error.reason, "refused");
 * ```
 */
export class QueryError extends Error {
  /** `"QueryError"`, even if a minifier renames the class. */
  override readonly name = "QueryError";
  /** The cause. */
  readonly reason: QueryFailure;
  /** The URL of the address that `refused`, where a server could be started. */
  readonly url?: string;

  /**
   * Creates the error.
   *
   * @param reason The cause
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
