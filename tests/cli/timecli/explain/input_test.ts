import { assertEquals, assertRejects } from "@std/assert";
import { decompress } from "../../../../src/cli/timecli/explain/input.ts";

const text = "a capture, or whatever it is, ".repeat(10_000);

async function readText(pieces: Iterable<Uint8Array<ArrayBuffer>>): Promise<string> {
  const octets = await Array.fromAsync(decompress(ReadableStream.from(pieces)));
  return await new Blob(octets as Uint8Array<ArrayBuffer>[]).text();
}

async function compress(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The first pieces of these lengths, then the rest; an empty piece may be among them. */
function* cut(
  octets: Uint8Array<ArrayBuffer>,
  lengths: readonly number[],
): Generator<Uint8Array<ArrayBuffer>> {
  let at = 0;
  for (const length of [...lengths, octets.length]) yield octets.slice(at, at += length);
}

Deno.test("decompress reads gzip and anything else, however short the first pieces are", async () => {
  const plain = new TextEncoder().encode(text);
  const packed = await compress(text);
  for (const lengths of [[], [1], [0, 1], [1, 0, 1], [2, 1], [3]]) {
    assertEquals(await readText(cut(plain, lengths)) === text, true, `${lengths}`);
    assertEquals(await readText(cut(packed, lengths)) === text, true, `${lengths}, gzip`);
  }
  for (const short of ["", "a"]) {
    assertEquals(await readText([new TextEncoder().encode(short)]), short);
  }
  assertEquals(await readText([]), "");
});

Deno.test("decompress rejects gzip that breaks off or is damaged", async () => {
  const packed = await compress(text);
  await assertRejects(() => readText([packed.slice(0, -9)]), Error, "corrupt");
  await assertRejects(() => readText([packed.with(10, 0xff)]), Error, "corrupt");
});
