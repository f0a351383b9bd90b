/** Queries for tests that count what a server received. */
import { query, type QueryOptions, type ReplyTo } from "../../mod.ts";

/** Queries without sending again, which a busy machine would make {@linkcode query} do. */
export function queryOnce<const Url extends string>(
  url: Url,
  options: QueryOptions = {},
): Promise<ReplyTo<Url>> {
  return query(url, { retries: 0, timeout: "10s", ...options });
}
