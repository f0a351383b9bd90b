import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { getUint16, getUint32, isPrintable, putUint32 } from "../../src/protocols/octets.ts";
import { check } from "../support/property.ts";

Deno.test("putUint32, getUint32 and getUint16 do what a DataView does, at any octet", () => {
  const octets = new Uint8Array(12);
  const view = new DataView(octets.buffer);
  check(fc.property(fc.nat(0xffff_ffff), fc.nat(8), (value, at) => {
    octets.fill(0xa5);
    putUint32(octets, at, value);
    assertEquals(view.getUint32(at), value);
    assertEquals(getUint32(octets, at), value);
    assertEquals(getUint16(octets, at), view.getUint16(at));
    assertEquals(octets.filter((_, i) => i < at || i >= at + 4), new Uint8Array(8).fill(0xa5));
  }));
});

Deno.test("putUint32 writes the low 32 bits of any whole number", () => {
  const octets = new Uint8Array(4);
  const table: [value: number, read: number][] = [
    [0x8000_0000, 0x8000_0000],
    [0xffff_ffff, 0xffff_ffff],
    [-1, 0xffff_ffff],
    [-2_208_988_800, 0x7c55_8180],
    [2 ** 32, 0],
    [2 ** 32 + 0x0102_0304, 0x0102_0304],
    [2 ** 40 + 0x0102_0304, 0x0102_0304],
  ];
  for (const [value, read] of table) {
    putUint32(octets, 0, value);
    assertEquals(getUint32(octets, 0), read, `${value}`);
  }
});

Deno.test("isPrintable knows ASCII text, tabs and line ends, and nothing at all for text", () => {
  const printable = Array.from({ length: 256 }, (_, octet) => octet)
    .filter((octet) => isPrintable(Uint8Array.of(0x41, octet, 0x41)));
  assertEquals(printable, [9, 10, 11, 12, 13, ...Array.from({ length: 95 }, (_, i) => 0x20 + i)]);
  assertEquals([isPrintable(new Uint8Array()), isPrintable(Uint8Array.of(0x41, 0))], [true, false]);
});
