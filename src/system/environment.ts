/** Reads a variable of the environment; undefined if it is not set or not permitted. Never prompts. */
export function environmentVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
