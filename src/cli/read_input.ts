/** No capture that a person looks at by hand is longer; an endless file is. */
const LONGEST_OCTETS = 2 ** 28;

/**
 * Reads a file, or standard input for `-`.
 *
 * @param file Its name
 * @param command What takes it, for the message if it may not be read
 * @throws {Error} If it cannot be read; the message says why in a line
 */
export async function readInput(file: string, command: string): Promise<Uint8Array> {
  using source = file === "-" ? undefined : await open(file, command);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (source ?? Deno.stdin).readable.values({ preventCancel: !source })) {
    length += chunk.length;
    if (length > LONGEST_OCTETS) throw new Error(`${file} is longer than ${LONGEST_OCTETS} octets`);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

async function open(file: string, command: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      throw new Error(
        `${file} may not be read: give Deno --allow-read=${file}, or ${command} - <${file}`,
        { cause },
      );
    }
    const why = cause instanceof Deno.errors.NotFound ? "there is no such file" : String(cause);
    throw new Error(`Cannot read ${file}: ${why}`, { cause });
  }
}
