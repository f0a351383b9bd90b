/** No capture that a person looks at by hand is longer; an endless file is. */
const LONGEST_MIB = 64;

/**
 * Reads a file, or standard input for `-`.
 *
 * @param file Its name
 * @param command What takes it, for the message if it may not be read
 * @throws {Error} If it cannot be read; the message says why in a line
 */
export async function readInput(file: string, command: string): Promise<Uint8Array> {
  const name = file === "-" ? "standard input" : file;
  try {
    using source = file === "-" ? undefined : await Deno.open(file);
    return await readAll(source ?? Deno.stdin);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      const advice = `give Deno --allow-read=${file}, or ${command} - <${file}`;
      throw new Error(`${name} may not be read: ${advice}`, { cause });
    }
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : cause instanceof Error
      ? cause.message
      : cause;
    throw new Error(`Cannot read ${name}: ${why}`, { cause });
  }
}

async function readAll(source: Pick<Deno.FsFile, "readable">): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of source.readable) {
    length += chunk.length;
    if (length > LONGEST_MIB * 2 ** 20) {
      throw new RangeError(`it is longer than ${LONGEST_MIB} MiB`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
