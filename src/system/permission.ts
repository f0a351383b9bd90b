import { runtime } from "./runtime.ts";

/** Permissions of Deno; none of these functions ever prompts. */

export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return runtime.permissions.querySync(permission).state === "granted";
}

/**
 * Reads a variable of the environment; undefined if it is not set or not permitted. One that is not UTF-8 is
 * U+FFFD, which is no value of any option, because Deno throws for it.
 */
export function environmentVariable(variable: string): string | undefined {
  if (!isGranted({ name: "env", variable })) return undefined;
  try {
    return runtime.env.get(variable);
  } catch {
    return "\ufffd";
  }
}

/**
 * Checks the permission for an address. Deno itself would prompt for each new client of a server on a
 * terminal, and FFI checks no address.
 *
 * @throws {Deno.errors.NotCapable} If it is missing
 */
export function requireNet(hostname: string, port?: number): void {
  const [bare = ""] = hostname.split("%");
  const name = bare.includes(":") ? `[${bare}]` : bare;
  const host = port === undefined ? name : `${name}:${port}`;
  // Deno keeps the state of each host and port that is queried: with fresh ports, memory would grow.
  if (isGranted({ name: "net" }) || isGranted({ name: "net", host })) return;
  throw new runtime.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}
