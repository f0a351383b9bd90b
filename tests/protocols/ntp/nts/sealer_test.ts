/** NTP's service with NTS: client and server of this project against each other, without a network. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { AesSiv } from "../../../../src/crypto/aes_siv.ts";
import { KeyRing, KeyRingReader } from "../../../../src/crypto/key_ring.ts";
import { ntpRequest } from "../../../../src/protocols/ntp/protocol.ts";
import { makeCookie } from "../../../../src/protocols/ntp/nts/cookie.ts";
import { openReply, sealRequest } from "../../../../src/protocols/ntp/nts/fields.ts";
import { NtsSealer } from "../../../../src/protocols/ntp/nts/sealer.ts";
import { refusal, REPLY_CAPACITY, type Responder } from "../../../../src/protocols/responder.ts";
import { builtIn, exchangeOf, later, NOW } from "../../../support/services.ts";
import { type NtsField, sealFields } from "../../../support/nts.ts";
import { check } from "../../../support/property.ts";

const writer = new KeyRing();
const ring = new KeyRingReader(writer.memory);
const session = {
  c2s: Uint8Array.from({ length: 32 }, (_, i) => i),
  s2c: Uint8Array.from({ length: 32 }, (_, i) => 100 + i),
};
const [c2s, s2c] = [new AesSiv(session.c2s), new AesSiv(session.s2c)];
const nts = new NtsSealer(ring);
const service = builtIn("ntp", { nts });
const strict = builtIn("ntp", { nts, requireAuth: true });
const malformed = refusal("malformed");
const authentication = refusal("authentication");

interface RequestParts {
  readonly missing?: number;
  readonly identifier?: Uint8Array;
  readonly cookie?: Uint8Array;
}

const IDENTIFIER = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);

function requestOf({ missing = 0, ...parts }: RequestParts = {}): Uint8Array<ArrayBuffer> {
  const { identifier = IDENTIFIER, cookie = makeCookie(ring.newest, session) } = parts;
  const nonce = new Uint8Array(16).fill(9);
  return sealRequest({ header: ntpRequest().octets, identifier, cookie, missing, nonce, c2s });
}

/** A request with any fields before its authenticator, sealed rightly. */
const sealed = (fields: readonly NtsField[], nonceLength = 16): Uint8Array =>
  sealFields(c2s, fields, { nonceLength });

/** A finished reply, or the refusal; nothing is written behind a reply. */
function ask(responder: Responder, request: Uint8Array): Uint8Array | number {
  const reply = new Uint8Array(REPLY_CAPACITY).fill(0xa5);
  const exchange = exchangeOf(request, reply);
  const length = responder.respond(exchange) as number;
  if (length <= 0) return length;
  assert(length <= request.length, "longer than the request");
  assertEquals(exchange.isKod, reply[1] === 0);
  if (exchange.isUnfinished) responder.finish?.([exchange], 0, 1, later(NOW, 1_000_000n));
  assertEquals(reply.subarray(length), new Uint8Array(REPLY_CAPACITY - length).fill(0xa5));
  return reply.slice(0, length);
}

function cookiesOf(reply: Uint8Array | number, identifier = IDENTIFIER): readonly Uint8Array[] {
  if (typeof reply === "number") throw new Error(`refused: ${reply}`);
  const opened = openReply(reply, identifier, s2c);
  if ("problem" in opened) throw new Error(opened.problem);
  return opened.cookies;
}

Deno.test("a request by NTS gets the plain reply sealed, and a new cookie for each that is missing", () => {
  for (const missing of [0, 1, 3, 7]) {
    const request = requestOf({ missing });
    for (const responder of [service, strict]) {
      const reply = ask(responder, request) as Uint8Array;
      const cookies = cookiesOf(reply);
      assertEquals([reply.length, cookies.length], [request.length, 1 + missing]);
      const plain = ask(service, request.slice(0, 48)) as Uint8Array;
      assertEquals(reply.subarray(0, 48), plain);
      // Each serves for a request of its own.
      for (const cookie of cookies) {
        assertEquals(cookiesOf(ask(strict, requestOf({ cookie }))).length, 1);
      }
    }
  }
});

Deno.test("a unique identifier of up to 64 octets comes back, one of another length is malformed", () => {
  for (const length of [32, 48, 64]) {
    const identifier = new Uint8Array(length).fill(length);
    const request = sealed([[0x0104, identifier], [0x0204, makeCookie(ring.newest, session)]]);
    assertEquals(cookiesOf(ask(service, request), identifier).length, 1);
  }
  for (const length of [16, 28, 68, 400]) {
    const request = sealed([
      [0x0104, new Uint8Array(length)],
      [0x0204, makeCookie(ring.newest, session)],
    ]);
    assertEquals(ask(service, request), malformed, `${length}`);
  }
});

Deno.test("any changed octet behind the header's first is not verified: an NTS NAK, or no reply", () => {
  const request = requestOf({ missing: 1 });
  check(
    fc.property(
      fc.integer({ min: 1, max: request.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, change) => {
        const changed = request.slice();
        changed[at] = (changed[at] as number) ^ change;
        const reply = ask(strict, changed);
        if (typeof reply === "number") return;
        assertEquals(reply.length, 84);
        assertEquals([reply[0], reply[1]], [0xe4, 0]);
        assertEquals(new TextDecoder().decode(reply.subarray(12, 16)), "NTSN");
        for (const at of [24, 32, 40]) {
          assertEquals(reply.subarray(at, at + 8), changed.subarray(40, 48));
        }
        assertEquals(reply.subarray(52), changed.subarray(52, 84));
      },
    ),
    500,
  );
});

Deno.test("a cookie of no known key, of another length or of another session gets an NTS NAK", () => {
  const other = new KeyRingReader(new KeyRing().memory);
  const cookies = [
    makeCookie(other.newest, session),
    makeCookie(ring.newest, session).slice(0, 96),
    new Uint8Array(104),
    makeCookie(ring.newest, { c2s: session.s2c, s2c: session.c2s }),
  ];
  for (const cookie of cookies) {
    const reply = ask(service, requestOf({ cookie })) as Uint8Array;
    assertEquals(reply.length, 84);
    assertEquals(openReply(reply, IDENTIFIER, s2c), {
      problem: "it has no NTS authenticator",
      isForRequest: true,
    });
  }
});

/** The fields of a request, changed in a way of their own. */
function rebuild(change: (fields: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const request = requestOf({ missing: 1 });
  const ends = [48, 84, 188, 292, 332];
  const parts = ends.map((end, i) => request.slice(i === 0 ? 0 : ends[i - 1], end));
  const [header, ...fields] = parts as [Uint8Array, ...Uint8Array[]];
  return Uint8Array.from([header, ...change(fields)].flatMap((part) => [...part]));
}

Deno.test("a field that is missing, comes twice or stands behind the authenticator is refused", () => {
  const pick = (order: string) =>
    rebuild((fields) => [...order].map((letter) => fields["icpa".indexOf(letter)] as Uint8Array));
  assertEquals((ask(service, pick("icpa")) as Uint8Array).length, 332);
  const table: readonly (readonly [string, number])[] = [
    ["ica", 84],
    ["cpa", authentication],
    ["ipa", authentication],
    ["icp", authentication],
    ["p", authentication],
    ["iicpa", malformed],
    ["iccpa", malformed],
    ["icpaa", malformed],
    ["icpap", malformed],
    ["icapa", malformed],
  ];
  for (const [order, expected] of table) {
    const answer = ask(service, pick(order));
    assertEquals(typeof answer === "number" ? answer : answer.length, expected, order);
  }
});

Deno.test("a reply is never longer than its request: cookies are left out for that", () => {
  const identifier = [0x0104, IDENTIFIER] as const;
  const cookie = [0x0204, makeCookie(ring.newest, session)] as const;
  const placeholder = (length: number) => [0x0304, new Uint8Array(length)] as const;
  const count = (...request: Parameters<typeof sealed>): number =>
    cookiesOf(ask(service, sealed(...request))).length;
  assertEquals(count([identifier, cookie]), 1);
  assertEquals(count([identifier, cookie], 12), 0);
  assertEquals(count([identifier, cookie, placeholder(100), placeholder(100)], 12), 2);
  // A placeholder of another length asks for a cookie that is not of this server.
  assertEquals(count([identifier, cookie, placeholder(96), placeholder(104)]), 1);
  // Nobody needs more than eight.
  assertEquals(count([identifier, cookie, ...Array(9).fill(placeholder(100))]), 8);
  // Fields of other types are no room for cookies.
  assertEquals(count([identifier, [0x2005, new Uint8Array(400)], cookie]), 1);
});

Deno.test("other modes, and servers without NTS, refuse it", () => {
  const request = requestOf();
  assertEquals(ask(builtIn("ntp"), request), authentication);
  const symmetric = request.slice();
  symmetric[0] = 0x21;
  assertEquals(ask(service, symmetric), authentication);
  assertEquals(ask(strict, request.subarray(0, 48)), authentication);
  assertEquals((ask(builtIn("auto", { nts }), request) as Uint8Array).length, 228);
});

Deno.test("a KoD is sealed without cookies for a client whose cookie opens", () => {
  const write = (request: Uint8Array): Uint8Array | number => {
    const reply = new Uint8Array(REPLY_CAPACITY);
    const length = service.writeKod?.(exchangeOf(request, reply), "RATE") as number;
    return length > 0 ? reply.slice(0, length) : length;
  };
  const kod = write(requestOf({ missing: 3 })) as Uint8Array;
  assertEquals([kod.length, cookiesOf(kod).length], [124, 0]);
  assertEquals(new TextDecoder().decode(kod.subarray(12, 16)), "RATE");
  const wrong = requestOf();
  wrong[90] = (wrong[90] as number) ^ 1;
  assertEquals(write(wrong), authentication);
});

Deno.test("of replies that leave together, each is sealed by its own keys; plain ones stay plain", () => {
  const identifiers = [1, 2].map((octet) => new Uint8Array(32).fill(octet));
  const requests = [
    requestOf({ identifier: identifiers[0] as Uint8Array, missing: 7 }),
    ntpRequest().octets,
    requestOf({ identifier: identifiers[1] as Uint8Array }),
  ];
  const batch = requests.map((octets) => exchangeOf(octets, new Uint8Array(REPLY_CAPACITY)));
  const lengths = batch.map((exchange) => service.respond(exchange) as number);
  assertEquals(lengths, [956, 48, 228]);
  service.finish?.(batch, 0, 3, later(NOW, 5n));
  const replies = batch.map(({ reply }, i) => reply.subarray(0, lengths[i]));
  assertEquals(cookiesOf(replies[0] as Uint8Array, identifiers[0]).length, 8);
  assertEquals(cookiesOf(replies[2] as Uint8Array, identifiers[1]).length, 1);
  assertEquals(batch[1]?.reply[48], 0);
});

Deno.test("a changed reply is sealed anew", () => {
  const request = requestOf();
  const exchange = exchangeOf(request, new Uint8Array(REPLY_CAPACITY));
  const length = service.respond(exchange) as number;
  service.finish?.([exchange], 0, 1, later(NOW, 5n));
  exchange.reply[1] = 9;
  assertEquals(openReply(exchange.reply.subarray(0, length), IDENTIFIER, s2c), {
    problem: "its NTS authenticator is wrong",
    isForRequest: true,
  });
  assertEquals(service.seal?.(exchange, length), length);
  assertEquals(cookiesOf(exchange.reply.subarray(0, length)).length, 1);
});
