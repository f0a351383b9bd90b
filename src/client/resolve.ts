import { type AddressFamily, resolveHost } from "../system/address.ts";
import { QueryError } from "../protocols/failure.ts";

/**
 * The addresses of a host that is to be asked, the one to try first in front.
 *
 * @param hostname A name or an address
 * @param family The IP version to keep to
 * @returns At least one address
 * @throws {QueryError} If the name is unknown or has no address of that version
 * @throws {Deno.errors.NotCapable} If the permission to look it up is missing
 */
export async function resolve(hostname: string, family?: AddressFamily): Promise<string[]> {
  try {
    return await resolveHost(hostname, family);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new QueryError("unknown-host", message, { cause });
  }
}
