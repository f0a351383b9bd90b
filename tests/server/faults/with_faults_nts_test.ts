/** Faults of replies by NTS: what a client makes of each. */
import { assert, assertEquals } from "@std/assert";
import { AesSiv } from "../../../src/crypto/aes_siv.ts";
import { KeyRing, KeyRingReader } from "../../../src/crypto/key_ring.ts";
import { ntpRequest } from "../../../src/protocols/ntp/protocol.ts";
import { makeCookie } from "../../../src/protocols/ntp/nts/cookie.ts";
import { type OpenedReply, openReply, sealRequest } from "../../../src/protocols/ntp/nts/fields.ts";
import { NtsSealer } from "../../../src/protocols/ntp/nts/sealer.ts";
import type { FaultsOptions } from "../../../src/server/faults/options.ts";
import { faultyPeer } from "../../support/reply_chain.ts";
import { answer, builtIn, NOW, octetsOf } from "../../support/services.ts";

const ring = new KeyRingReader(new KeyRing().memory);
const keys = { c2s: new Uint8Array(32).fill(1), s2c: new Uint8Array(32).fill(2) };
const s2c = new AesSiv(keys.s2c);
const service = builtIn("ntp", { nts: new NtsSealer(ring) });
const IDENTIFIER = new Uint8Array(32).fill(7);
const MAX_FLAWLESS = 48 + 36;

function requestOf(cookie = makeCookie(ring.newest, keys)): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(16).fill(9);
  const c2s = new AesSiv(keys.c2s);
  const { octets: header } = ntpRequest();
  return sealRequest({ header, identifier: IDENTIFIER, cookie, missing: 1, nonce, c2s });
}

interface Outcome {
  readonly reply: Uint8Array;
  readonly opened: OpenedReply;
  readonly kisses: number;
}

async function ask(faults: FaultsOptions, request = requestOf()): Promise<Outcome> {
  let kisses = 0;
  const before = request.slice();
  const [reply] = await faultyPeer("ntp", service, NOW, faults, 868, () => kisses++)(request);
  assertEquals(request, before, "the request is as it was");
  if (reply === undefined) throw new Error("no reply");
  assert(reply.length <= request.length);
  return { reply, opened: openReply(reply, IDENTIFIER, s2c), kisses };
}

function cookies({ opened }: Outcome): number | string {
  return "problem" in opened ? opened.problem : opened.cookies.length;
}

Deno.test("each fault of NTS is what its name says, and nothing else", async () => {
  const whole = await ask({});
  assertEquals([cookies(whole), whole.kisses, whole.reply[1]], [2, 0, 7]);
  const nak = await ask({ nts: 1 });
  assertEquals(nak.reply.length, MAX_FLAWLESS);
  assertEquals([nak.reply[0], nak.reply[1], nak.kisses], [0xe4, 0, 1]);
  assertEquals(nak.reply.subarray(12, 16), octetsOf("NTSN"));
  assertEquals(nak.opened, { problem: "it has no NTS authenticator", isForRequest: true });
  assertEquals(
    (await ask({ nts: { value: "nak" } })).reply.subarray(0, 24),
    nak.reply.subarray(0, 24),
  );

  const bad = await ask({ nts: { value: "bad-tag" } });
  assertEquals(bad.opened, { problem: "its NTS authenticator is wrong", isForRequest: true });
  assertEquals([bad.reply.length, bad.kisses], [whole.reply.length, 0]);

  const other = await ask({ nts: { value: "other-id" } });
  assertEquals(cookies(other), "its unique identifier is not the one sent");
  // The authenticator is right: a client that compares no identifiers would believe it.
  const identifier = other.reply.slice(52, 84);
  assertEquals(cookies({ ...other, opened: openReply(other.reply, identifier, s2c) }), 2);

  const none = await ask({ nts: { value: "no-cookies" } });
  assertEquals([cookies(none), none.reply.subarray(0, 24)], [0, whole.reply.subarray(0, 24)]);

  const unsealed = await ask({ nts: { value: "unsealed" } });
  assertEquals(cookies(unsealed), "it has no NTS authenticator");
  assertEquals(
    unsealed.reply,
    Uint8Array.from([
      ...unsealed.reply.subarray(0, 48),
      ...[0x01, 0x04, 0, 36],
      ...IDENTIFIER,
    ]),
  );
  assertEquals([unsealed.reply[1], unsealed.kisses], [7, 0]);
});

Deno.test("faults of the header are sealed rightly, with and without a fault of NTS", async () => {
  const stratum = await ask({ stratum: 1 });
  assertEquals([cookies(stratum), stratum.reply[1]], [2, 16]);
  const kiss = await ask({ kiss: { code: "RATE" } });
  assertEquals([cookies(kiss), kiss.reply.subarray(12, 16), kiss.kisses], [2, octetsOf("RATE"), 1]);
  const both = await ask({ kiss: 1, nts: { value: "unsealed" } });
  assertEquals([both.reply.length, both.reply.subarray(12, 16)], [MAX_FLAWLESS, octetsOf("RATE")]);
  const poor = await ask({ stratum: 1, nts: { value: "no-cookies" } });
  assertEquals([cookies(poor), poor.reply[1]], [0, 16]);
});

Deno.test("damage applies to replies by NTS too, and is sealed by nothing", async () => {
  assertEquals((await ask({ truncate: { length: 60 } })).reply.length, 60);
  assertEquals(cookies(await ask({ corrupt: 1 })) === 2, false);
  assertEquals(cookies(await ask({ mode: { value: 5 } })), 2);
  assertEquals((await ask({ mode: { value: 5 } })).reply[0], 0x65);
});

Deno.test("faults of NTS spare whatever is not NTS, and a request that gets a NAK anyway", async () => {
  const request = ntpRequest().octets;
  const whole = answer(service, request);
  const text = answer(builtIn("auto"), octetsOf("Time request"));
  const unknown = requestOf(new Uint8Array(100).fill(1));
  const nak = await ask({}, unknown);
  for (const value of ["nak", "bad-tag", "other-id", "no-cookies", "unsealed"] as const) {
    const peer = faultyPeer("ntp", service, NOW, { nts: { value } }, 868);
    assertEquals(await peer(request), [whole]);
    const auto = faultyPeer("auto", builtIn("auto"), NOW, { nts: { value } }, 868);
    assertEquals(await auto(octetsOf("Time request")), [text]);
    const again = await ask({ nts: { value } }, unknown);
    assertEquals([again.reply, again.kisses], [nak.reply, 1], value);
  }
});
