/** The input of `timecli explain` instead of a query. */
import { isGzip } from "../../../explain/capture/read_capture.ts";
import { isStandardInput, openInput, reasonOf } from "../../shared/files.ts";
import { UsageError } from "../../shared/errors.ts";
import { quote } from "../../../text/json.ts";
import { quoteForShell } from "../../../text/printable.ts";

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

/**
 * Reads a file, or standard input for `-`, piece by piece, and decompresses gzip; the message of an
 * error is one line.
 */
export async function* readInput(file: string): AsyncGenerator<Uint8Array> {
  const name = isStandardInput(file) ? "standard input" : file;
  try {
    yield* decompress(await openInput(file));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      const word = quoteForShell(file);
      const advice = `give Deno --allow-read=${word}, or timecli explain --capture - <${word}`;
      throw new Error(`${name} may not be read: ${advice}`, { cause });
    }
    throw new Error(`Cannot read ${name}: ${reasonOf(cause, "file")}`, { cause });
  }
}

/** Decompresses pieces if they are gzip. */
export async function* decompress(
  readable: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array> {
  const pieces = joinFirst(readable);
  const { value: first } = await pieces.next();
  if (first === undefined) return;
  async function* whole(): typeof pieces {
    yield first;
    yield* pieces;
  }
  yield* isGzip(first)
    ? ReadableStream.from(whole()).pipeThrough(new DecompressionStream("gzip"))
    : whole();
}

/** Joins what shows gzip: the first piece of a pipe may be a single octet. */
async function* joinFirst(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let start: Uint8Array<ArrayBuffer> | undefined = new Uint8Array();
  for await (const piece of pieces) {
    const joined: typeof piece = start ? new Uint8Array([...start, ...piece]) : piece;
    start = start && joined.length < 2 ? joined : undefined;
    if (start === undefined) yield joined;
  }
  if (start !== undefined) yield start;
}
