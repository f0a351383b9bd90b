import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import {
  decodeNtpPacket,
  encodeNtpPacket,
  field,
  NTP_HEADER_LENGTH,
  type NtpPacket,
} from "../../../src/protocols/ntp/packet.ts";
import { check } from "../../support/property.ts";
import { hex } from "../../support/services.ts";

/** No two fields alike, and each integer as large as it gets or with its highest bit set. */
const distinct: NtpPacket = {
  leap: 2,
  version: 4,
  mode: 5,
  stratum: 0xf3,
  poll: -7,
  precision: -25,
  rootDelay: 0x8102_0304 / 65_536,
  rootDispersion: 0x9112_1314 / 65_536,
  referenceId: 0xa122_2324,
  referenceTimestamp: 0xb132_3334_3536_3738n,
  originTimestamp: 0xc142_4344_4546_4748n,
  receiveTimestamp: 0xd152_5354_5556_5758n,
  transmitTimestamp: 0xe162_6364_6566_6768n,
};

const distinctOctets = hex(`
  a5 f3 f9 e7  81020304  91121314  a1222324
  b132333435363738  c142434445464748  d152535455565758  e162636465666768
`);

/** The flags of RFC 5905 figure 8: two bits, three bits, three bits. */
const flags: [octet: number, leap: number, version: number, mode: number][] = [
  [0x23, 0, 4, 3],
  [0x1b, 0, 3, 3],
  [0xe3, 3, 4, 3],
  [0x24, 0, 4, 4],
  [0x1c, 0, 3, 4],
  [0xd9, 3, 3, 1],
  [0xe4, 3, 4, 4],
  [0x08, 0, 1, 0],
  [0x5a, 1, 3, 2],
  [0xbf, 2, 7, 7],
  [0xff, 3, 7, 7],
];

Deno.test("encodeNtpPacket puts every field where RFC 5905 figure 8 has it", () => {
  assertEquals(encodeNtpPacket(distinct), distinctOctets);
});

Deno.test("decodeNtpPacket reads every field from there, with octets before and behind", () => {
  assertEquals(decodeNtpPacket(distinctOctets), distinct);
  const framed = new Uint8Array(100).fill(0xff);
  framed.set(distinctOctets, 5);
  assertEquals(decodeNtpPacket(framed.subarray(5, 5 + NTP_HEADER_LENGTH)), distinct);
  assertEquals(decodeNtpPacket(framed.subarray(5)), distinct);
});

Deno.test("each field has octets of its own", () => {
  const starts = Object.values(field);
  assertEquals(starts, [0, 1, 2, 3, 4, 8, 12, 16, 24, 32, 40]);
  for (let i = 0; i < NTP_HEADER_LENGTH; i++) {
    const octets = distinctOctets.slice();
    octets[i] = ~(octets[i] ?? 0);
    const decoded = decodeNtpPacket(octets);
    const keys = Object.keys(distinct) as (keyof NtpPacket)[];
    const changed = keys.filter((key) => decoded[key] !== distinct[key]);
    assertEquals(changed.length, i === 0 ? 3 : 1, `octet ${i}: ${changed}`);
    assertNotEquals(encodeNtpPacket(decoded), distinctOctets);
  }
});

Deno.test("the first octet holds leap, version and mode", () => {
  for (const [octet, leap, version, mode] of flags) {
    const octets = distinctOctets.slice();
    octets[0] = octet;
    const packet = { ...distinct, leap, version, mode };
    assertEquals(decodeNtpPacket(octets), packet);
    assertEquals(encodeNtpPacket(packet), octets);
  }
});

Deno.test("a reply of RFC 5905, written by hand, is decoded field by field", () => {
  // chronyd at stratum 1 of GPS, 2020-04-03T21:09:36Z, 15 µs to the reference, 1 s of dispersion.
  const octets = hex(`
    24 01 06 e9  00000001  00010000  47505300
    e232248000000000  0123456789abcdef  e232249000000000  e232249080000000
  `);
  assertEquals(decodeNtpPacket(octets), {
    leap: 0,
    version: 4,
    mode: 4,
    stratum: 1,
    poll: 6,
    precision: -23,
    rootDelay: 1 / 65_536,
    rootDispersion: 1,
    referenceId: 0x47505300,
    referenceTimestamp: 0xe2322480_00000000n,
    originTimestamp: 0x01234567_89abcdefn,
    receiveTimestamp: 0xe2322490_00000000n,
    transmitTimestamp: 0xe2322490_80000000n,
  });
});

Deno.test("encodeNtpPacket rounds root delay and dispersion up and keeps them in range", () => {
  const octets = encodeNtpPacket({ ...distinct, rootDelay: -1, rootDispersion: 0.00002 });
  assertEquals(octets.subarray(4, 12), hex("00000000 00000002"));
  const much = encodeNtpPacket({ ...distinct, rootDelay: 0.00001, rootDispersion: 1e9 });
  assertEquals(much.subarray(4, 12), hex("00000001 ffffffff"));
});

Deno.test("decodeNtpPacket refuses every truncated prefix", () => {
  for (let length = 0; length < NTP_HEADER_LENGTH; length++) {
    const error = assertThrows(
      () => decodeNtpPacket(distinctOctets.subarray(0, length)),
      DecodeError,
      "not an NTP packet",
    );
    assertEquals(error.message.endsWith(`(${length} ${length === 1 ? "octet" : "octets"})`), true);
  }
});

Deno.test("decodeNtpPacket reads any 48 octets, and encodeNtpPacket writes them again", () => {
  check(fc.property(fc.uint8Array({ minLength: 48, maxLength: 120 }), (octets) => {
    const packet = decodeNtpPacket(octets);
    assert(packet.leap <= 3 && packet.version <= 7 && packet.mode <= 7);
    assert(packet.rootDelay >= 0 && packet.rootDispersion >= 0 && packet.referenceId >= 0);
    assertEquals(encodeNtpPacket(packet), Uint8Array.from(octets.subarray(0, 48)));
  }));
});

Deno.test("decodeNtpPacket throws nothing but DecodeError", () => {
  check(fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
    try {
      decodeNtpPacket(octets);
      assert(octets.length >= NTP_HEADER_LENGTH);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      assert(octets.length < NTP_HEADER_LENGTH);
    }
  }));
});
