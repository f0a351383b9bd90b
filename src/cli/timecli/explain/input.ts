/** The input of `timecli explain` instead of a query. */
import { isGzip } from "../../../explain/capture/read_capture.ts";
import { isStandardInput, openInput } from "../../shared/files.ts";
import { UsageError } from "../../shared/usage_error.ts";
import { quote } from "../../../text/json.ts";

/** Parses `REQUEST/REPLY`, each empty or digits, with blanks, colons and 0x as programs print them. */
export function parseHex(text: string): { request: Uint8Array; reply: Uint8Array } {
  const parts = text.split("/");
  const [request, reply] = parts;
  if (request === undefined || reply === undefined || parts.length > 2) {
    throw new UsageError("--hex needs a request and a reply with / between them, such as 23…/24…");
  }
  return { request: octetsOf(request, "request"), reply: octetsOf(reply, "reply") };
}

function octetsOf(text: string, name: string): Uint8Array {
  const digits = text.replaceAll(/0x|[\s:,-]/gi, "");
  const wrong = /[^\da-f]/iu.exec(digits)?.[0];
  if (wrong !== undefined) {
    throw new UsageError(`The ${name} in --hex has ${quote(wrong)}, which is not a digit`);
  }
  if (digits.length % 2 !== 0) {
    throw new UsageError(`The ${name} in --hex has an odd number of digits, ${digits.length}`);
  }
  return Uint8Array.fromHex(digits);
}

/** Longer than any capture that a person examines by hand; an endless file must end somewhere. */
const MAX_MIB = 64;

/** Reads a file, or standard input for `-`, and decompresses gzip; the message of an error is one line. */
export async function readInput(file: string): Promise<Uint8Array> {
  const name = isStandardInput(file) ? "standard input" : file;
  try {
    const octets = await readAll(await openInput(file));
    if (!isGzip(octets)) return octets;
    return await readAll(new Blob([octets]).stream().pipeThrough(new DecompressionStream("gzip")));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      const advice = `give Deno --allow-read=${file}, or timecli explain --capture - <${file}`;
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

async function readAll(
  readable: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of readable) {
    length += chunk.length;
    if (length > MAX_MIB * 2 ** 20) throw new RangeError(`it is longer than ${MAX_MIB} MiB`);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
