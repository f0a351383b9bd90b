import { addressFamily } from "./address.ts";

/**
 * Makes sure of the permission for an address: asked, never prompted for. Deno itself would stop a
 * server on a terminal to ask about each stranger who sends it something, and FFI would ask nobody.
 *
 * @throws {Deno.errors.NotCapable} If it was not granted
 */
export function requireNet(hostname: string, port: number): void {
  const [bare = ""] = hostname.split("%");
  const host = `${addressFamily(bare) === 6 ? `[${bare}]` : bare}:${port}`;
  if (Deno.permissions.querySync({ name: "net", host }).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}
