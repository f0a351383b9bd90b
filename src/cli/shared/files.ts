/** Files that the command line names. Deno opens those in `/dev` only with all permissions. */

/** Whether a name is that of standard input. */
export function isStandardInput(file: string): boolean {
  return ["-", "/dev/stdin", "/dev/fd/0"].includes(file);
}

/** Opens a file, or standard input by its names. */
export async function openInput(file: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if (isStandardInput(file)) return Deno.stdin.readable;
  return (await Deno.open(file)).readable;
}

/** The standard stream for output that has this name. */
export function standardOutput(file: string): typeof Deno.stdout | undefined {
  if (file === "/dev/stdout" || file === "/dev/fd/1") return Deno.stdout;
  return file === "/dev/stderr" || file === "/dev/fd/2" ? Deno.stderr : undefined;
}
