import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { AesSiv } from "../../../../src/crypto/aes_siv.ts";
import { openReply, sealRequest } from "../../../../src/protocols/ntp/nts/fields.ts";
import { check } from "../../../support/property.ts";

const hex = Uint8Array.fromHex;

/** An exchange of chronyd 4.3 with a client of its own. */
const C2S = "3d6c90f4fba431de6fa1630b7bca856299884df9407da6c9c95006c82d082fb5";
const S2C = "891b1a65c0bab44ec7f70fd9378473cc0a76b688027cad1b65ff5d79eae4195e";
const REQUEST = "2300000000000000000000000000000000000000000000000000000000000000000000000000000" +
  "01ff1903c382d06280104002436f1fa3d0ceb353e5a0fe12f74fb4e6918dff8beae5588dec7f31f2d1cbe526d0204" +
  "00686d532963347bda3776ed8db38c0b4fa8e8afda0343977a12dc89c43fe483697ffcb7bbde5c27dc806db20d95" +
  "7082582bc80b1b4e1fa4be7d8ef56ba4b5710ec041d5c388d3d3551b21d5439b7f04ae3a7c67352502064178a0a5" +
  "53ab7e5bbf6872117ff4040400280010001084ce1a941b9511b78f55a25494ca65874a9978fc849d5b367a42a0c1" +
  "98f4787b";
const REPLY = "240500e700000000000000007f7f0101eeb528822664e1ac1ff1903c382d0628eeb52883dda29f8de" +
  "eb52883ddab97b40104002436f1fa3d0ceb353e5a0fe12f74fb4e6918dff8beae5588dec7f31f2d1cbe526d04040" +
  "090001000788eb45d3aee4f8e83a568c2ee5a27d598364d4041ccfc67f25683d5dee304e5407333a589a7aa55226" +
  "3e407b21fcaa1c6f0a35fcd6ec24b6571fca840d36b70e7c2df8c424d4a48da8468a11aa0139085d6fb39562d21f" +
  "49b57cf1532691e9d474d1128810fbd30ae2b3e16c93f3bb599ae3ec82c1cf6dbff1748205083df5fb26cc3d4b11" +
  "7bf4229";
const request = hex(REQUEST);
const reply = hex(REPLY);
const identifier = request.subarray(52, 84);
const cookie = request.subarray(88, 188);
const [c2s, s2c] = [new AesSiv(hex(C2S)), new AesSiv(hex(S2C))];

Deno.test("a request is octet by octet that of chronyd", () => {
  const parts = {
    header: request.subarray(0, 48),
    identifier,
    cookie,
    nonce: request.subarray(196, 212),
  };
  assertEquals(sealRequest({ ...parts, missing: 0, c2s }).toHex(), REQUEST);
});

Deno.test("the reply of chronyd is authentic, and has one cookie", () => {
  const opened = openReply(reply, identifier, s2c);
  const cookies = "cookies" in opened ? opened.cookies : [];
  assertEquals(cookies.map(({ length }) => length), [100]);
});

Deno.test("placeholders are as long as the cookie, and the request stays below 1232 octets", () => {
  const parts = { header: request.subarray(0, 48), identifier, nonce: new Uint8Array(16), c2s };
  for (
    const [length, missing, expected] of [[100, 7, 7], [104, 7, 7], [300, 7, 2], [1024, 7, 0], [
      99,
      1,
      1,
    ]] as const
  ) {
    const octets = sealRequest({ ...parts, cookie: new Uint8Array(length).fill(7), missing });
    const field = 4 + Math.ceil(length / 4) * 4;
    assertEquals(octets.length, 124 + field * (1 + expected), `${length}`);
    assert(octets.length <= 1232);
  }
});

Deno.test("a cookie is not kept that leaves a request no room, or is empty", () => {
  const field = (type: number, body: Uint8Array): number[] => {
    const length = 4 + body.length;
    return [type >> 8, type & 0xff, length >> 8, length & 0xff, ...body];
  };
  const lengths = [0, 1, 1024, 1025, 40_000, 100];
  const plain = Uint8Array.from(lengths.flatMap((n) => field(0x0204, new Uint8Array(n))));
  const before = Uint8Array.from([...reply.subarray(0, 48), ...field(0x0104, identifier)]);
  const nonce = new Uint8Array(16);
  const sealed = s2c.seal(plain, [before, nonce]);
  const body = [0, 16, sealed.length >> 8, sealed.length & 0xff, ...nonce, ...sealed];
  const padded = Uint8Array.from([...body, ...new Array(-body.length & 3).fill(0)]);
  const opened = openReply(
    Uint8Array.from([...before, ...field(0x0404, padded)]),
    identifier,
    s2c,
  );
  assertEquals("cookies" in opened && opened.cookies.map(({ length }) => length), [1, 1024, 100]);
});

Deno.test("no reply is authentic of which a single bit was changed, cut or added to", () => {
  const isAuthentic = (octets: Uint8Array): boolean =>
    "cookies" in openReply(octets, identifier, s2c);
  check(
    fc.property(fc.nat(), (place) => {
      const bit = place % (reply.length * 8);
      const changed = reply.map((octet, i) => i === bit >> 3 ? octet ^ 1 << bit % 8 : octet);
      assertEquals(isAuthentic(changed), false, `bit ${bit}`);
    }),
    3000,
  );
  for (let length = 48; length < reply.length; length += 4) {
    assertEquals(isAuthentic(reply.subarray(0, length)), false);
  }
  assertEquals("cookies" in openReply(reply, identifier.map((octet) => octet ^ 1), s2c), false);
  assertEquals("cookies" in openReply(reply, identifier, c2s), false);
});

Deno.test("a problem says whether the reply has the identifier of the request", () => {
  const found = (octets: Uint8Array): unknown => openReply(octets, identifier, s2c);
  const without = (problem: string, isForRequest = false): unknown => ({ problem, isForRequest });
  assertEquals(found(reply.subarray(0, 48)), without("it has no NTS authenticator"));
  assertEquals(found(reply.subarray(0, 84)), without("it has no NTS authenticator", true));
  const wrong = reply.slice();
  wrong[200] = (wrong[200] as number) ^ 1;
  assertEquals(found(wrong), without("its NTS authenticator is wrong", true));
});

Deno.test("openReply never throws, whatever follows the header", () => {
  const field = fc.tuple(
    fc.constantFrom(0x0104, 0x0204, 0x0404, 0x1234),
    fc.uint8Array({ maxLength: 60 }),
  );
  check(
    fc.property(
      fc.array(field, { maxLength: 5 }),
      fc.uint8Array({ maxLength: 30 }),
      (fields, rest) => {
        const trailer = fields.flatMap(([type, body]) => {
          const length = body.length + 4;
          return [type >> 8, type & 0xff, length >> 8, length & 0xff, ...body];
        });
        const octets = Uint8Array.from([...reply.subarray(0, 84), ...trailer, ...rest]);
        assertEquals("cookies" in openReply(octets, identifier, s2c), false);
      },
    ),
  );
});
