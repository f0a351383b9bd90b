/** NTS under fuzzing: requests that open, and what has to be true of the replies. */
import { AesSiv } from "../../src/crypto/aes_siv.ts";
import { KeyRing, KeyRingReader } from "../../src/crypto/key_ring.ts";
import { openLibcrypto } from "../../src/crypto/libcrypto.ts";
import { COOKIE_LENGTH, writeCookie } from "../../src/protocols/ntp/nts/cookie.ts";
import { openReply, sealRequest } from "../../src/protocols/ntp/nts/fields.ts";
import { NtsSealer } from "../../src/protocols/ntp/nts/sealer.ts";
import { NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import type { ReplyOracle } from "./replies.ts";

const octets = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => first + i);

const { memory } = new KeyRing([{ id: 0x7a, octets: octets(32, 3) }]);
const ring = new KeyRingReader(memory);
const session = { c2s: octets(32, 50), s2c: octets(32, 150) };
const [c2s, s2c] = [new AesSiv(session.c2s), new AesSiv(session.s2c)];

/**
 * A service's part, by libcrypto where it may be called: what C is given comes from strangers. All that is chance in it
 * comes from `random32`.
 */
export function ntsSealer(random32: () => number): NtsSealer {
  const aes = openLibcrypto();
  return new NtsSealer(new KeyRingReader(memory, aes), { aes, random32 });
}

/** A request that opens, with this many placeholders. */
export function ntsRequest(header: Uint8Array, missing: number): Uint8Array<ArrayBuffer> {
  const cookie = new Uint8Array(COOKIE_LENGTH);
  writeCookie(cookie, ring.newest, session, () => 0x5ca1ab1e);
  const parts = { identifier: octets(32, 9), cookie, missing, nonce: octets(16, 1) };
  return sealRequest({ header, ...parts, c2s });
}

/** The unique identifier of a request: the only field of its type. */
function identifierOf(request: Uint8Array): Uint8Array {
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  let at = NTP_HEADER_LENGTH;
  while (view.getUint16(at) !== 0x0104) at += view.getUint16(at + 2);
  return request.subarray(at + 4, at + view.getUint16(at + 2));
}

/** A sealed reply is that of `plain` behind its seal, and any other is an NTS NAK. */
export function authenticNts(plain: ReplyOracle): ReplyOracle {
  return (reply, request, scene) => {
    if (reply.length === NTP_HEADER_LENGTH) return plain(reply, request, scene);
    if (reply.length > request.length) return "it is longer than its request";
    const identifier = identifierOf(request);
    const opened = openReply(reply, identifier, s2c);
    if ("cookies" in opened) {
      const header = reply.subarray(0, NTP_HEADER_LENGTH);
      return plain(header, request.subarray(0, NTP_HEADER_LENGTH), scene);
    }
    if (!opened.isForRequest) return "it has another unique identifier";
    if (reply.length !== NTP_HEADER_LENGTH + 4 + identifier.length) return opened.problem;
    const isNak = reply[1] === 0 && (reply[0] as number) >> 6 === 3 &&
      new TextDecoder().decode(reply.subarray(12, 16)) === "NTSN";
    return isNak ? undefined : "an NTS NAK with a time";
  };
}
