/** NTP's service with symmetric keys. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type KeyType, keyTypes } from "../../../src/crypto/mac.ts";
import { SymmetricKeys } from "../../../src/crypto/symmetric_keys.ts";
import { ntpRequest } from "../../../src/protocols/ntp/protocol.ts";
import { writeMac } from "../../../src/protocols/ntp/trailer.ts";
import { refusal, REPLY_CAPACITY, type Responder } from "../../../src/protocols/responder.ts";
import { answer, builtIn, exchangeOf, later, NOW } from "../../support/services.ts";
import { check } from "../../support/property.ts";

const secretOf = (type: KeyType): Uint8Array =>
  Uint8Array.from({ length: type === "AES128" ? 16 : 32 }, (_, i) => i + type.length);

/** One key of each type, with the ids 1 to 12. */
const keys = new SymmetricKeys(
  keyTypes.map((type, i) => ({ id: i + 1, type, secret: secretOf(type) })),
);
const service = builtIn("ntp", { keys });
const strict = builtIn("ntp", { keys, requireAuth: true });

const NAK_LENGTH = 52;

/** A reply, finished, and whether it counts as a KoD. */
function ask(responder: Responder, request: Uint8Array): { reply: Uint8Array; isKod: boolean } {
  const reply = new Uint8Array(REPLY_CAPACITY).fill(0xa5);
  const exchange = exchangeOf(request, reply);
  const length = responder.respond(exchange) as number;
  assert(length > 0, `refused: ${length}`);
  const at = later(NOW, 1_000_000n);
  if (exchange.isUnfinished) responder.finish?.([exchange], 0, 1, at);
  assertEquals(reply[length], 0xa5);
  return { reply: reply.slice(0, length), isKod: exchange.isKod };
}

function refused(responder: Responder, request: Uint8Array): number {
  return responder.respond(exchangeOf(request, new Uint8Array(REPLY_CAPACITY))) as number;
}

/** A request by a key, changed in some octets. */
function requestBy(key: number, changes: Readonly<Record<number, number>> = {}): Uint8Array {
  const octets = ntpRequest({ key, keys }).octets.slice();
  for (const [at, octet] of Object.entries(changes)) octets[Number(at)] = octet;
  return octets;
}

Deno.test("a request with a right MAC gets a reply with one, of every type, after the transmit timestamp", () => {
  for (const { id, type } of keys.list) {
    const request = ntpRequest({ key: id, keys });
    const { reply, isKod } = ask(service, request.octets);
    assertEquals([reply.length, isKod], [request.octets.length, false], type);
    assertEquals(request.rejection?.(reply), undefined, type);
    const plain = ask(service, request.octets.subarray(0, 48)).reply;
    assertEquals(reply.subarray(0, 48), plain);
    assertEquals(ask(strict, request.octets).reply, reply);
  }
});

Deno.test("a request of version 3 has longer digests whole, as its reply has", () => {
  const lengths = keys.list.map(({ id }) => {
    const mac = keys.find(id);
    const octets = new Uint8Array(48 + 4 + 64);
    octets.set(ntpRequest().octets);
    octets[0] = 0x1b;
    const request = octets.slice(0, mac && writeMac(mac, octets, 48));
    const { reply, isKod } = ask(strict, request);
    assertEquals([reply.length, isKod, reply[0]], [request.length, false, 0x5c]);
    assertEquals(mac?.isRight(reply.subarray(0, 48), reply.subarray(52)), true);
    request[60] = (request[60] as number) ^ 1;
    assertEquals(ask(strict, request).reply.length, NAK_LENGTH);
    return reply.length - 52;
  });
  assertEquals(lengths, [16, 20, 28, 32, 48, 64, 28, 32, 48, 64, 16, 16]);
});

Deno.test("any changed octet of a request makes its MAC wrong: a crypto-NAK without a time", () => {
  check(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (
      key,
      place,
      change,
    ) => {
      const request = requestBy(key);
      // Not the version, the mode, or the key.
      const at = 1 + place % (request.length - 1);
      if (at >= 48 && at < 52) return;
      request[at] = (request[at] as number) ^ change;
      for (const responder of [service, strict]) {
        const { reply, isKod } = ask(responder, request);
        assertEquals([reply.length, isKod], [NAK_LENGTH, true]);
        assertEquals(reply.subarray(48), new Uint8Array(4));
        assertEquals([reply[0], reply[1]], [0xe4, 0]);
        const transmit = request.subarray(40, 48);
        for (const at of [24, 32, 40]) assertEquals(reply.subarray(at, at + 8), transmit);
      }
    }),
    300,
  );
});

Deno.test("a key that is not known, or of the other length, gets a crypto-NAK", () => {
  assertEquals(ask(service, requestBy(1, { 51: 99 })).reply.length, NAK_LENGTH);
  assertEquals(ask(service, requestBy(1, { 51: 0 })).reply.length, NAK_LENGTH);
  const [md5, sha1] = [requestBy(1), requestBy(2)];
  md5.set(sha1.subarray(48, 52), 48);
  assertEquals(ask(service, md5).reply.length, NAK_LENGTH);
});

Deno.test("without keys a MAC is refused, and where authentication is required a request without one", () => {
  const authentication = refusal("authentication");
  assertEquals(refused(builtIn("ntp"), requestBy(2)), authentication);
  assertEquals(refused(builtIn("auto"), requestBy(2)), authentication);
  assertEquals(refused(strict, ntpRequest().octets), authentication);
  // What no key can verify: a crypto-NAK, DES of version 2, NTS.
  const old = Uint8Array.from({ length: 60 }, (_, i) => i === 0 ? 0x13 : 0);
  const nts = Uint8Array.fromHex(`23${"00".repeat(47)}01040024${"5a".repeat(32)}`);
  for (const request of [requestBy(1).subarray(0, 52), old, nts]) {
    for (const responder of [service, strict]) assert(refused(responder, request) < 0);
  }
  assertEquals(refused(service, old), authentication);
  assertEquals(refused(service, nts), authentication);
  assertEquals(ask(builtIn("auto", { keys }), requestBy(2)).reply.length, 72);
});

Deno.test("a KoD has a MAC where its request has a right one, and is none where it has a wrong one", () => {
  const write = (responder: Responder, request: Uint8Array): number | Uint8Array => {
    const reply = new Uint8Array(REPLY_CAPACITY);
    const length = responder.writeKod?.(exchangeOf(request, reply), "RATE") as number;
    return length > 0 ? reply.slice(0, length) : length;
  };
  const request = ntpRequest({ key: 11, keys });
  const kod = write(service, request.octets) as Uint8Array;
  assertEquals(request.rejection?.(kod), undefined);
  assertEquals([kod.length, new TextDecoder().decode(kod.subarray(12, 16))], [68, "RATE"]);
  assertEquals(write(service, requestBy(11, { 60: 0, 61: 0 })), refusal("authentication"));
  assertEquals((write(service, ntpRequest().octets) as Uint8Array).length, 48);
  assertEquals(write(strict, ntpRequest().octets), refusal("authentication"));
});

Deno.test("a changed reply is sealed anew, but for no one whose MAC was wrong", () => {
  const [request, wrong] = [requestBy(5), requestBy(5, { 53: 1, 54: 2 })];
  for (
    const [octets, expected] of [[request, 72], [wrong, 48], [request.subarray(0, 48), 48]] as const
  ) {
    const room = new Uint8Array(REPLY_CAPACITY);
    room.set(answer(service, octets.slice(0, 48)));
    const length = service.seal?.(exchangeOf(octets, room), 48);
    assertEquals(length, expected);
  }
});

Deno.test("of replies that leave together, each has the MAC of its own request", () => {
  const requests = [ntpRequest({ key: 3, keys }), ntpRequest(), ntpRequest({ key: 12, keys })];
  const batch = requests.map(({ octets }) => exchangeOf(octets, new Uint8Array(REPLY_CAPACITY)));
  const lengths = batch.map((exchange) => service.respond(exchange) as number);
  assertEquals(lengths, [72, 48, 68]);
  service.finish?.(batch, 0, 3, later(NOW, 5n));
  for (const [i, { reply }] of batch.entries()) {
    assertEquals(requests[i]?.rejection?.(reply.subarray(0, lengths[i])), undefined);
  }
});
