import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodeKeyExchangeAnswer,
  encodeKeyExchangeRequest,
  isWhole,
  KeyExchangeError,
} from "../../../../src/protocols/ntp/nts/records.ts";
import { check } from "../../../support/property.ts";

function record(type: number, body: readonly number[] = []): number[] {
  return [type >> 8, type & 0xff, body.length >> 8, body.length & 0xff, ...body];
}

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const cookie = record(5, Array(100).fill(7));
const end = record(0x8000);
const ntp = record(0x8001, [0, 0]);
const siv = record(0x8004, [0, 15]);

function decode(...records: readonly number[][]): ReturnType<typeof decodeKeyExchangeAnswer> {
  return decodeKeyExchangeAnswer(Uint8Array.from(records.flat()));
}

Deno.test("a request asks for NTPv4 by AES-SIV-CMAC-256", () => {
  assertEquals([...encodeKeyExchangeRequest()], [...ntp, ...siv, ...end]);
});

Deno.test("the answers of chronyd and NTPsec are read", () => {
  const none = { server: undefined, port: undefined };
  const cookies = [Uint8Array.from(Array(100).fill(7)), Uint8Array.from(Array(104).fill(8))];
  const other = record(5, Array(104).fill(8));
  assertEquals(decode(ntp, siv, cookie, other, end), { cookies, ...none });
  assertEquals(decode(ntp, record(4, [0, 15]), cookie, other, record(0x4000, [1, 2]), end), {
    cookies,
    ...none,
  });
  assertEquals(
    decode(
      ntp,
      siv,
      record(0x8007, [0x27, 0x10]),
      record(6, ascii("b.example")),
      cookie,
      other,
      end,
    ),
    { cookies, server: "b.example", port: 10_000 },
  );
});

Deno.test("an answer that gives no keys or breaks a rule is an error with its cause", () => {
  const table: readonly (readonly [number[][], string])[] = [
    [[], "ended its answer too early"],
    [[ntp, siv, cookie], "ended its answer too early"],
    [[ntp, siv, cookie, [0x80, 0, 0, 9]], "ended its answer too early"],
    [[siv, cookie, end], "sent no record of type 1"],
    [[ntp, cookie, end], "sent no record of type 4"],
    [[ntp, record(0x8004), end], "does not offer AES-SIV-CMAC-256"],
    [[ntp, record(0x8004, [0, 30]), cookie, end], "does not offer AES-SIV-CMAC-256"],
    [[record(0x8001), siv, end], "does not offer NTPv4"],
    [[record(0x8001, [0, 1]), siv, end], "does not offer NTPv4"],
    [[ntp, ntp, siv, cookie, end], "sent several records of type 1"],
    [[ntp, record(0x8004, [0, 15, 0, 30]), cookie, end], "sent a wrong record of type 4"],
    [[ntp, siv, end], "sent no cookie"],
    [[ntp, siv, record(5), end], "sent a cookie of an impossible length"],
    [[ntp, siv, record(5, Array(1025).fill(1)), end], "sent a cookie of an impossible length"],
    [[record(0x8002, [0, 0]), end], "refuses: unrecognised critical record"],
    [[record(0x8002, [0, 2]), end], "refuses: internal server error"],
    [[record(0x8002, [0, 9]), end], "refuses: error 9"],
    [[record(0x8002), end], "refuses: error of no form"],
    [[ntp, siv, cookie, record(0x8003, [0, 1]), end], "warns with code 1"],
    [[ntp, siv, cookie, record(0xc000), end], "sent an unknown critical record, 16384"],
    [[ntp, siv, cookie, record(7, [0, 0]), end], "sent a port that is none"],
    [[ntp, siv, cookie, record(7, [1]), end], "sent a port that is none"],
    [[ntp, siv, cookie, record(6, ascii("a b")), end], "sent a host that is none"],
    [[ntp, siv, cookie, record(6, [0]), end], "sent a host that is none"],
  ];
  for (const [records, message] of table) {
    const error = assertThrows(() => decode(...records), KeyExchangeError);
    assertEquals(error.message, message);
  }
});

Deno.test("an answer is whole once its last record has come", () => {
  const octets = Uint8Array.from([...ntp, ...siv, ...cookie, ...end]);
  for (let length = 0; length < octets.length; length++) {
    assertEquals(isWhole(octets.subarray(0, length)), false, `${length}`);
  }
  assert(isWhole(octets));
  assert(isWhole(Uint8Array.from([...octets, 1, 2, 3])));
});

Deno.test("any octets are an answer or an error of one kind", () => {
  const part = fc.oneof(
    fc.constantFrom(ntp, siv, cookie, end),
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }),
  );
  check(fc.property(fc.array(part, { maxLength: 8 }), (records) => {
    try {
      assert(decode(...records).cookies.length > 0);
    } catch (error) {
      assert(error instanceof KeyExchangeError, `${error}`);
    }
  }));
});
