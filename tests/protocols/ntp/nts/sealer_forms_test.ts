/** Requests by NTS of every form: what each gets follows from its fields alone. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { AesSiv } from "../../../../src/crypto/aes_siv.ts";
import { KeyRing, KeyRingReader } from "../../../../src/crypto/key_ring.ts";
import { makeCookie } from "../../../../src/protocols/ntp/nts/cookie.ts";
import { openReply } from "../../../../src/protocols/ntp/nts/fields.ts";
import { NtsSealer } from "../../../../src/protocols/ntp/nts/sealer.ts";
import { refusal, REPLY_CAPACITY } from "../../../../src/protocols/responder.ts";
import { type NtsField, sealFields, type SealOptions } from "../../../support/nts.ts";
import { check } from "../../../support/property.ts";
import { builtIn, exchangeOf, later, NOW } from "../../../support/services.ts";

const ring = new KeyRingReader(new KeyRing().memory);
const session = { c2s: new Uint8Array(32).fill(1), s2c: new Uint8Array(32).fill(2) };
const [c2s, s2c] = [new AesSiv(session.c2s), new AesSiv(session.s2c)];
const service = builtIn("ntp", { nts: new NtsSealer(ring) });
const valid = makeCookie(ring.newest, session);
const MAX_LENGTH = 1232;

const [IDENTIFIER, COOKIE, PLACEHOLDER] = [0x0104, 0x0204, 0x0304];

/** What is due to a request: the cookies of a sealed reply, an NTS NAK, or a refusal. */
function expectationOf(
  fields: readonly NtsField[],
  { nonceLength }: SealOptions,
  length: number,
): number | string {
  const of = (type: number) => fields.filter((each) => each[0] === type).map(([, body]) => body);
  const [identifiers, cookies] = [of(IDENTIFIER), of(COOKIE)];
  const isMalformed = identifiers.length > 1 || cookies.length > 1 ||
    identifiers.some((each) => each.length < 32 || each.length > 64);
  if (isMalformed) return "malformed";
  const [identifier] = identifiers;
  if (identifier === undefined || cookies.length === 0) return "authentication";
  if (cookies[0] !== valid || nonceLength === 0) return "nak";
  const wanted = 1 + of(PLACEHOLDER).filter((each) => each.length === valid.length).length;
  const room = Math.min(length, MAX_LENGTH) - 48 - (4 + identifier.length) - 40;
  return Math.max(Math.min(wanted, 8, Math.floor(room / 104)), 0);
}

function outcomeOf(request: Uint8Array, identifier: Uint8Array): number | string {
  const reply = new Uint8Array(REPLY_CAPACITY).fill(0xa5);
  const exchange = exchangeOf(request, reply);
  const length = service.respond(exchange) as number;
  const refused = (["malformed", "authentication"] as const).find((it) => length === refusal(it));
  if (refused !== undefined) return refused;
  assert(length >= 84 && length <= request.length && length <= MAX_LENGTH, `${length} octets`);
  if (exchange.isUnfinished) service.finish?.([exchange], 0, 1, later(NOW, 5n));
  assertEquals(reply.subarray(length), new Uint8Array(REPLY_CAPACITY - length).fill(0xa5));
  if (exchange.isKod) {
    assertEquals(length, 48 + 4 + identifier.length);
    return "nak";
  }
  const opened = openReply(reply.subarray(0, length), identifier, s2c);
  if ("problem" in opened) throw new Error(opened.problem);
  assertEquals(length, 48 + 4 + identifier.length + 40 + 104 * opened.cookies.length);
  return opened.cookies.length;
}

const body = (octets: fc.Arbitrary<number>) => octets.map((each) => new Uint8Array(4 * each));
const fieldOf = (type: number, body: fc.Arbitrary<Uint8Array>) => body.map((it) => [type, it]);
const identifier = fieldOf(
  IDENTIFIER,
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(new Uint8Array(32)) },
    body(fc.nat(20).map((n) => n + 3)),
  ),
);
const cookie = fieldOf(
  COOKIE,
  fc.oneof({ weight: 4, arbitrary: fc.constant(valid) }, body(fc.constantFrom(3, 24, 25, 26))),
);
const placeholder = fieldOf(PLACEHOLDER, body(fc.constantFrom(25, 25, 25, 24, 26)));
const unknown = fieldOf(0x2005, body(fc.integer({ min: 3, max: 200 })));
const any = fc.oneof(
  { weight: 2, arbitrary: placeholder },
  { weight: 2, arbitrary: unknown },
  identifier,
  cookie,
);

Deno.test("each form of request gets what is due to it, and never more octets than it has", () => {
  const seen = new Set<number | string>();
  check(
    fc.property(
      fc.oneof(
        { weight: 3, arbitrary: fc.tuple(identifier, cookie) },
        fc.constant([]),
      ),
      fc.oneof(fc.array(any, { maxLength: 10 }), fc.array(placeholder, { maxLength: 10 })),
      fc.constantFrom(16, 16, 16, 0, 1, 12, 15, 17, 64),
      fc.constantFrom(0, 0, 4, 24, 400),
      (first, rest, nonceLength, padding) => {
        const fields = [...first, ...rest] as unknown as NtsField[];
        const options = { nonceLength, padding };
        const request = sealFields(c2s, fields, options);
        if (request.length > 2048) return;
        const [, identifier = new Uint8Array()] = fields.find(([type]) => type === IDENTIFIER) ??
          [];
        const expected = expectationOf(fields, options, request.length);
        seen.add(expected);
        assertEquals(outcomeOf(request, identifier), expected);
      },
    ),
    2000,
  );
  assertEquals([...seen].toSorted(), [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    "authentication",
    "malformed",
    "nak",
  ]);
});
