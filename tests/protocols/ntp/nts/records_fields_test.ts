import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  encodeKeyExchangeRequest,
  keyExchangeFields,
} from "../../../../src/protocols/ntp/nts/records.ts";
import { check } from "../../../support/property.ts";

const meaningsOf = (octets: Uint8Array): string[] =>
  keyExchangeFields(octets).map(({ name, offset, meaning }) => `${offset} ${name}: ${meaning}`);

Deno.test("the records of a key exchange are named, with what they say", () => {
  assertEquals(meaningsOf(encodeKeyExchangeRequest()), [
    "0 Record type: 1: next protocol, critical",
    "2 Body length: 2 octets",
    "4 Body: 0: NTPv4",
    "6 Record type: 4: AEAD algorithm, critical",
    "8 Body length: 2 octets",
    "10 Body: 15: AES-SIV-CMAC-256",
    "12 Record type: 0: end of message, critical",
    "14 Body length: 0 octets",
  ]);
  const answer = "0005000401020304" + "0006000162" + "800700021a85" + "400000010a" + "0000ff";
  assertEquals(meaningsOf(Uint8Array.fromHex(answer)), [
    "0 Record type: 5: new cookie for NTPv4",
    "2 Body length: 4 octets",
    "4 Body: the keys of this session, which only the server can read",
    "8 Record type: 6: NTPv4 server",
    "10 Body length: 1 octet",
    '12 Body: "b"',
    "13 Record type: 7: NTPv4 port, critical",
    "15 Body length: 2 octets",
    "17 Body: 6789",
    "19 Record type: 16384: unknown",
    "21 Body length: 1 octet",
    "23 Body: 1 octet",
    "24 Unknown: no whole record",
  ]);
});

Deno.test("every octet of any octets is in one field", () => {
  check(fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
    const fields = keyExchangeFields(octets);
    assertEquals(fields.map(({ octets }) => octets.toHex()).join(""), octets.toHex());
  }));
});
