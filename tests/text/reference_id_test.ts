import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatReferenceId, parseReferenceId } from "../../src/text/reference_id.ts";
import { check } from "../support/property.ts";

Deno.test("parseReferenceId reads addresses, and names padded with zeros", () => {
  const table: [text: string, id: number][] = [
    ["127.127.1.1", 0x7f7f0101],
    ["255.255.255.255", 0xffffffff],
    ["0.0.0.0", 0],
    ["192.0.2.1", 0xc0000201],
    ["GPS", 0x47505300],
    ["PPS", 0x50505300],
    ["LOCL", 0x4c4f434c],
    ["X", 0x58000000],
    ["1234", 0x31323334],
    ["1.2", 0x312e3200],
    ["~!", 0x7e210000],
  ];
  for (const [text, id] of table) assertEquals(parseReferenceId(text), id, text);
});

Deno.test("parseReferenceId reports errors, escaped", () => {
  const table: [text: string, problem: string][] = [
    ["", "expected an IPv4 address, or 1 to 4 ASCII characters"],
    ["GPSDO", 'Cannot read reference id "GPSDO"'],
    ["A B", "ASCII characters"],
    ["é", "ASCII characters"],
    ["\x1b[2J", String.raw`"\u001b[2J"`],
    ["1.2.3.256", "an octet is above 255"],
    ["1.2.3.4.5", "expected an IPv4 address"],
    ["1.2.3.4\n", "expected an IPv4 address"],
    ["::1.2.3", "expected an IPv4 address"],
  ];
  for (const [text, problem] of table) {
    assertThrows(() => parseReferenceId(text), SyntaxError, problem);
  }
});

Deno.test("formatReferenceId writes an id by its kind", () => {
  const table: [id: number, stratum: number, text: string][] = [
    [0x52415445, 0, "RATE"],
    [0x44454e59, 0, "DENY"],
    [0, 0, ""],
    [0x47505300, 1, "GPS"],
    [0x4c4f434c, 1, "LOCL"],
    [0x58000000, 1, "X"],
    [0x41204200, 1, "A B"],
    [0x1b5b324a, 0, "0x1b5b324a"],
    [0x4750537f, 1, "0x4750537f"],
    [0xff505300, 1, "0xff505300"],
    [0x47005053, 1, "0x47005053"],
    [0x00475053, 0, "0x00475053"],
    [0x0000000a, 1, "0x0000000a"],
    [0x47505300, 2, "71.80.83.0"],
    [0xc0000201, 2, "192.0.2.1"],
    [0xffffffff, 15, "255.255.255.255"],
    [0x7f7f0101, 10, "127.127.1.1"],
    [0x52415445, 16, "82.65.84.69"],
  ];
  for (const [id, stratum, text] of table) {
    assertEquals(formatReferenceId(id, stratum), text, `${id.toString(16)} at ${stratum}`);
  }
});

Deno.test("parseReferenceId reads what formatReferenceId writes, and it is always printable", () => {
  const id = fc.nat(0xffffffff);
  check(fc.property(id, fc.integer({ min: 2, max: 255 }), (id, stratum) => {
    assertEquals(parseReferenceId(formatReferenceId(id, stratum)), id);
  }));
  check(fc.property(id, fc.integer({ min: 0, max: 1 }), (id, stratum) => {
    const text = formatReferenceId(id, stratum);
    assertEquals(/^[ -~]{0,10}$/.test(text), true, text);
  }));
  const name = fc.string({ unit: fc.constantFrom(..."GPSX1.!~"), minLength: 1, maxLength: 4 });
  check(fc.property(name, (name) => {
    assertEquals(formatReferenceId(parseReferenceId(name), 1), name);
  }));
});
