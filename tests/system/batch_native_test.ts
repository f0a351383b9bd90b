import { assertEquals } from "@std/assert";
import {
  type Batch,
  CONTROL_LENGTH_WORD,
  CONTROL_STRIDE,
  layOutBatch,
  LENGTH_WORD,
  NAME_LENGTH_WORD,
  NAME_STRIDE,
  WORDS_PER_HEADER,
} from "../../src/system/batch.ts";
import { where } from "../support/needs.ts";

const needs = { permissions: [{ name: "ffi" }] } as const;

/** Where an address points to: an offset into one of the buffers of a batch. */
function offsetIn(buffer: Uint8Array<ArrayBuffer>, address: bigint): bigint | undefined {
  return address === 0n
    ? undefined
    : address - Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
}

/** The parts of each `struct mmsghdr`, by the offsets of recvmmsg(2), and of its one vector. */
function headersOf({ headers, vectors, payload, names, control }: Batch): unknown[] {
  const view = new DataView(headers.buffer);
  const vectorView = new DataView(vectors.buffer);
  const long = (at: number): bigint => view.getBigUint64(at, true);
  return Array.from({ length: headers.length / 64 }, (_, i) => {
    const at = i * 64;
    const vector = Number(offsetIn(vectors, long(at + 16)) ?? 0n);
    return {
      name: offsetIn(names, long(at)),
      nameLength: view.getUint32(at + 8, true),
      vector,
      vectors: long(at + 24),
      base: offsetIn(payload, vectorView.getBigUint64(vector, true)),
      length: vectorView.getBigUint64(vector + 8, true),
      control: offsetIn(control, long(at + 32)),
      controlLength: long(at + 40),
      flags: view.getUint32(at + 48, true),
      moved: view.getUint32(at + 56, true),
    };
  });
}

Deno.test(
  await where(needs, "layOutBatch gives every message buffers of its own", () => {
    const names = new Uint8Array(new ArrayBuffer(3 * NAME_STRIDE));
    const batch = layOutBatch(3, 48, { names, control: true });
    assertEquals(batch.names === names, true);
    assertEquals([batch.stride, batch.payload.length], [48, 3 * 48]);
    assertEquals(batch.control.length, 3 * CONTROL_STRIDE);
    assertEquals(
      headersOf(batch),
      [0, 1, 2].map((i) => ({
        name: BigInt(i * NAME_STRIDE),
        nameLength: NAME_STRIDE,
        vector: i * 16,
        vectors: 1n,
        base: BigInt(i * 48),
        length: 48n,
        control: BigInt(i * CONTROL_STRIDE),
        controlLength: BigInt(CONTROL_STRIDE),
        flags: 0,
        moved: 0,
      })),
    );
  }),
);

Deno.test(
  await where(needs, "layOutBatch leaves out addresses and control messages by default", () => {
    const batch = layOutBatch(2, 512);
    assertEquals([batch.names.length, batch.control.length], [0, 0]);
    assertEquals(
      headersOf(batch),
      [0, 1].map((i) => ({
        name: undefined,
        nameLength: 0,
        vector: i * 16,
        vectors: 1n,
        base: BigInt(i * 512),
        length: 512n,
        control: undefined,
        controlLength: 0n,
        flags: 0,
        moved: 0,
      })),
    );
  }),
);

Deno.test(
  await where(needs, "the words of a batch are those of its headers", () => {
    const { headers, words } = layOutBatch(2, 8, { control: true });
    const view = new DataView(headers.buffer);
    const parts = [[NAME_LENGTH_WORD, 8], [CONTROL_LENGTH_WORD, 40], [LENGTH_WORD, 56]] as const;
    for (const [word, octet] of parts) {
      words[WORDS_PER_HEADER + word] = 0x0102_0304;
      assertEquals(view.getUint32(64 + octet, true), 0x0102_0304);
    }
  }),
);
