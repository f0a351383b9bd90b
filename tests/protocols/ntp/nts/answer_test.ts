import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { answerKeyExchange } from "../../../../src/protocols/ntp/nts/answer.ts";
import {
  decodeKeyExchangeAnswer,
  encodeKeyExchangeRequest,
  isWhole,
} from "../../../../src/protocols/ntp/nts/records.ts";
import { check } from "../../../support/property.ts";

const hex = Uint8Array.fromHex;

/** The first octet of each cookie is its number. */
function ask(request: Uint8Array, port = 123): ReturnType<typeof answerKeyExchange> {
  let count = 0;
  return answerKeyExchange(request, { port, makeCookie: () => new Uint8Array(100).fill(++count) });
}

const PROTOCOL = "800100020000";
const AEAD = "80040002000f";
const END = "80000000";

Deno.test("the request of our client gets eight cookies, and the port of NTP where it is not 123", () => {
  const request = encodeKeyExchangeRequest();
  const { octets, outcome } = ask(request);
  assertEquals([outcome, octets.length], ["answered", 6 + 6 + 8 * 104 + 4]);
  const answer = decodeKeyExchangeAnswer(octets);
  assertEquals(answer.cookies.map(([first]) => first), [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals([answer.server, answer.port], [undefined, undefined]);
  assertEquals(decodeKeyExchangeAnswer(ask(request, 11_230).octets).port, 11_230);
});

Deno.test("a request is answered by what it offers, and an error names what is wrong", () => {
  const bad = "800200020001" + END;
  const table: readonly (readonly [request: string, answer: string | "cookies"])[] = [
    // ntpsec's AEAD is not critical; others offer several.
    [PROTOCOL + "00040002000f" + END, "cookies"],
    ["0001000400070000" + "80040006001e000f0001" + END, "cookies"],
    // What is unknown and not critical is ignored, and so are a wish for a server and a port.
    [PROTOCOL + AEAD + "4000000401020304" + "00060009" + "6c6f63616c686f7374" + END, "cookies"],
    // Nothing in common: no cookies.
    ["800100020007" + AEAD + END, "80010000" + END],
    [PROTOCOL + "80040002001e" + END, PROTOCOL + "80040000" + END],
    // An unknown critical record.
    [PROTOCOL + AEAD + "c0000000" + END, "800200020000" + END],
    [AEAD + END, bad],
    [PROTOCOL + END, bad],
    [PROTOCOL + PROTOCOL + AEAD + END, bad],
    [PROTOCOL + AEAD + AEAD + END, bad],
    ["80010003000000" + AEAD + END, bad],
    ["80010000" + AEAD + END, bad],
    [PROTOCOL + "8004000100" + END, bad],
    [PROTOCOL + AEAD + "000500020102" + END, bad],
    [PROTOCOL + AEAD + "800200020001" + END, bad],
    [PROTOCOL + AEAD, bad],
    [PROTOCOL + AEAD + "8000", bad],
    ["", bad],
  ];
  for (const [request, expected] of table) {
    const { octets, outcome } = ask(hex(request));
    if (expected === "cookies") {
      assertEquals([outcome, octets.length], ["answered", 848], request);
    } else {
      assertEquals(octets.toHex(), expected, request);
      const isBad = expected.startsWith("8002");
      assertEquals(outcome, isBad ? "bad_request" : "nothing_in_common", request);
    }
  }
});

Deno.test("any octets get a whole answer that is not longer than one with eight cookies", () => {
  const record = fc.tuple(
    fc.constantFrom(0x8000, 0x8001, 1, 0x8002, 0x8004, 4, 5, 6, 7, 0x8009, 0x4000),
    fc.constantFrom("", "0000", "000f", "000f0000", "00"),
  ).map(([type, body]) => {
    const length = (body.length / 2).toString(16).padStart(4, "0");
    return type.toString(16).padStart(4, "0") + length + body;
  });
  const request = fc.oneof(
    fc.array(record, { maxLength: 6 }).map((records) => hex(records.join(""))),
    fc.uint8Array({ maxLength: 60 }),
  );
  check(
    fc.property(request, (octets) => {
      const { octets: answer } = ask(octets, 5);
      assert(isWhole(answer));
      assert(answer.length <= 854);
    }),
    2000,
  );
});
