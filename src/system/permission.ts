import { addressFamily } from "./address.ts";

/**
 * Checks the permission for an address, and never prompts: Deno itself would prompt for each new client of
 * a server on a terminal, and FFI checks no address.
 *
 * @throws {Deno.errors.NotCapable} If it is missing
 */
export function requireNet(hostname: string, port: number): void {
  const [bare = ""] = hostname.split("%");
  const host = `${addressFamily(bare) === 6 ? `[${bare}]` : bare}:${port}`;
  if (Deno.permissions.querySync({ name: "net", host }).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}
